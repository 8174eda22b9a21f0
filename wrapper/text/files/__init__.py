"""Reads the logs that training programs keep in files of their own: bytes in, facts out."""
