"""Says `ready`, and then the next 256 keys, in hexadecimal; the terminal hands each over as it is pressed."""

import os
import tty

tty.setraw(0)
os.write(1, b"ready")
keys = b""
while len(keys) < 256:
    keys += os.read(0, 1024)
os.write(1, keys.hex().encode())
