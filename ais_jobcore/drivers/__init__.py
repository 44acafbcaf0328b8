"""What every driver has in common: its API, its settings, its transport, its log lines."""
