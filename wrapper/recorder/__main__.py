"""Starts the recorder, in an interpreter that knows the standard library only.

Python compiles this file anew each time, so it is short.
"""

import sys


def hand_over() -> None:
    """Record the part in argv[2], with the descriptors that follow it."""
    root = __file__.removesuffix("/wrapper/recorder/__main__.py")
    sys.path.append(root)  # After the standard library: nothing installed beside us can replace it.
    from wrapper.recorder.main import main

    main(sys.argv[1], sys.argv[2], dict(word.split("=") for word in sys.argv[3:]))


hand_over()
