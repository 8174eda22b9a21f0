"""Starts `main` in entry.py, in an interpreter that knows the standard library only.

Python compiles this file anew each time, so it is short.
"""

import gc
import sys


def hand_over() -> None:
    """Run `wandb` with the caller's arguments; the first is where our dependencies are installed."""
    gc.disable()  # It would look through all that is imported, and find nothing. main() switches it on.
    root = __file__.removesuffix("/wrapper/launch/__main__.py")
    sys.path.append(root)  # After the standard library: nothing installed beside us can replace it.
    from wrapper.launch.entry import main

    sys.exit(main(sys.argv[1], sys.argv[2:]))


hand_over()
