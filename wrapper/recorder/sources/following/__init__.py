"""Follows the files that the command writes anyway: finds them, reads what they grow by, gives each value once."""
