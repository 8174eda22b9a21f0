"""W and K: start, relay, signals, end."""
