"""Pure functions of what a command printed: bytes in, values out; nothing here reads or writes anything."""
