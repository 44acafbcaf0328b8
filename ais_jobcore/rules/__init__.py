"""THE RULES of a wait: pure functions of a state, an observation and a moment."""
