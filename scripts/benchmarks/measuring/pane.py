"""Keeps the pane of a tmux open, and leaves its terminal to whoever wants to lead a session there.

The argument is a file for the terminal's name.
"""

import fcntl
import os
import select
import signal
import sys
import termios


def main() -> None:
    path = sys.argv[1]
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # It comes with what follows.
    fcntl.ioctl(0, termios.TIOCNOTTY)
    with open(path + ".new", "w") as file:
        file.write(os.ttyname(0))
    os.rename(path + ".new", path)
    end = select.poll()
    end.register(0, 0)  # It tells of a terminal that was hung up, and of nothing else.
    end.poll()


if __name__ == "__main__":
    main()
