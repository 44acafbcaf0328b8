"""What a driver runs: waits, groups of waits, and operations of one request."""
