"""Where the command's output goes, and what stands between."""

from __future__ import annotations

import fcntl
import posix as os
import stat
import termios

from wrapper.launch.fds import close_quietly, duplicate, lift, make_pipe, widen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OFLAG = 1
PTMX = os.makedev(5, 2)
NULL = os.makedev(1, 3)
TIOCGDEV = 0x80045432
SEEK_CUR = 1
O_PATH = 0o10000000
CHANNEL_BYTES = 1 << 18
RELAYED = ("terminal", "pipe", "socket", "own-file", "pty")
USUAL_SIZE = b"\x18\x00\x50\x00" + bytes(4)  # 24 rows, 80 columns


class Output:
    """One place that descriptors 1, 2 or both lead to."""

    def __init__(self, stream: int, kind: str) -> None:
        self.stream, self.kind = stream, kind
        self.fds = [stream]
        self.is_null = False
        self.path: str | None = None
        self.device = self.inode = self.offset = 0
        self.size = bytes(8)  # of the command's terminal where it has one, as read_size has it
        self.follow: int | None = None  # a descriptor that reads the file the command writes
        self.person: int | None = None  # ours, to the place itself
        self.source: int | None = None  # ours, to read what the command writes
        self.end: int | None = None  # what the command gets for 1 or 2; None: what the caller gave

    @property
    def is_relayed(self) -> bool:
        return self.kind in RELAYED

    def give_to_command(self) -> None:
        """In the process that becomes the command: put our channel where the caller's was."""
        if self.end is None:
            return
        if self.kind == "pty":
            self._lead_terminal(self.end)
        for fd in self.fds:
            os.dup2(self.end, fd)

    def _lead_terminal(self, terminal: int) -> None:
        """It controls us, and has the keys too where those of the caller's can be passed on."""
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        if os.isatty(0):
            os.dup2(terminal, 0)

    def facts(self) -> dict[str, Any]:
        """As part.json states it."""
        facts: dict[str, Any] = {"stream": self.stream, "fds": self.fds, "kind": self.kind}
        if self.path is not None:
            facts.update(path=self.path, device=self.device, inode=self.inode, offset=self.offset)
        elif self.is_null:
            facts["path"] = "/dev/null"
        return facts


def inspect_outputs(closed: list[int]) -> list[Output]:
    """What 1 and 2 are; one Output for both when they are the same place."""
    outputs: list[Output] = []
    places: dict[tuple[int, int, int], Output] = {}
    for fd in (1, 2):
        if fd in closed:
            outputs.append(Output(fd, "closed"))
            continue
        if not is_writable(fd):
            outputs.append(Output(fd, "closed"))  # So it is to who writes.
            continue
        status = os.fstat(fd)
        place = (status.st_dev, status.st_ino, status.st_rdev)
        if place in places:
            places[place].fds.append(fd)
            continue
        places[place] = output = _inspect(fd, status)
        outputs.append(output)
    if outputs[0].kind != "terminal":
        outputs[0].size = _find_size()
    return outputs


def _find_size() -> bytes:
    """How large a terminal is to be that we make: as another one that the caller has, or as usual."""
    for fd in (2, 0):
        if os.isatty(fd) and all(window(size := read_size(fd))):
            return size
    return USUAL_SIZE


def is_writable(fd: int) -> bool:
    """Whether a descriptor was opened to be written."""
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    return not flags & O_PATH and flags & os.O_ACCMODE != os.O_RDONLY


def _inspect(fd: int, status: os.stat_result) -> Output:
    if os.isatty(fd):
        output = Output(fd, "terminal")
        output.size = read_size(fd)
        return output
    if stat.S_ISFIFO(status.st_mode):
        return Output(fd, "pipe")
    if stat.S_ISSOCK(status.st_mode):
        return Output(fd, "socket")
    if not stat.S_ISREG(status.st_mode):
        output = Output(fd, "device")
        output.is_null = status.st_rdev == NULL
        return output
    return _inspect_file(fd, status)


def _inspect_file(fd: int, status: os.stat_result) -> Output:
    output = Output(fd, "file")
    output.device, output.inode = status.st_dev, status.st_ino
    is_appended = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_APPEND
    output.offset = status.st_size if is_appended else os.lseek(fd, 0, SEEK_CUR)
    try:
        output.path = os.readlink(f"/proc/self/fd/{fd}")
        output.follow = lift(os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC))
    except OSError:  # It may be written and not read: then the bytes go through us.
        output.kind = "own-file"
    return output


def choose(outputs: list[Output], own_output: bool, pty: bool) -> None:
    """What the settings make of the places that were found."""
    if own_output:
        take_files(outputs)
    if pty:
        take_pty(outputs)


def take_files(outputs: list[Output]) -> None:
    """`--own-output`: what goes to a file goes through us, and so does what nobody wants to see."""
    for output in outputs:
        if output.kind == "file" or output.is_null:
            output.kind = "own-file"
            if output.follow is not None:
                close_quietly(output.follow)
            output.follow = None


def take_pty(outputs: list[Output]) -> None:
    """`--pty`: all goes through a terminal of the command's own, to where standard output goes; if that is none.

    The command leads a session, as under script(1) or ssh -t. So a few things are unlike a run without it: ^Z does not
    stop it, its background processes are hung up when it ends, and so is it itself when both our processes die at once.
    """
    if outputs[0].stream == 1 and outputs[0].kind not in ("terminal", "closed"):
        for output in outputs:
            if output.follow is not None:
                close_quietly(output.follow)
        del outputs[1:]
        outputs[0].kind, outputs[0].fds, outputs[0].follow, outputs[0].path = "pty", [1, 2], None, None


def open_channels(outputs: list[Output]) -> None:
    """Put a pipe, or for a terminal a PTY, between the command and each place that is relayed."""
    for output in outputs:
        if not output.is_relayed:
            continue
        output.person = duplicate(output.stream) if output.kind != "terminal" else open_again(output.stream)
        if output.kind == "terminal":
            output.source, output.end = open_terminal(termios.tcgetattr(output.person), read_size(output.person))
        elif output.kind == "pty":
            output.source, output.end = open_terminal(None, output.size)
        else:
            output.source, output.end = make_pipe()
            # While we wait for a core, the command goes on. Not by more: it should feel that nobody reads.
            widen(output.end, CHANNEL_BYTES)


def open_again(terminal: int) -> int:
    """A descriptor of our own of the same terminal, which takes what it can and never keeps us waiting."""
    try:
        if os.fstat(terminal).st_rdev == PTMX:  # Whoever opens that gets another terminal.
            return duplicate(terminal)
        flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
        again = lift(os.open(f"/proc/self/fd/{terminal}", flags))
    except OSError:  # Another user's.
        return duplicate(terminal)
    if device_of(again) == device_of(terminal):
        return again
    os.close(again)  # /dev/tty and /dev/console are another terminal now than when that was opened.
    return duplicate(terminal)


def device_of(terminal: int) -> bytes | None:
    """Which terminal it is, by whatever name it was opened; None where Linux is too old to say."""
    try:
        return fcntl.ioctl(terminal, TIOCGDEV, bytes(4))
    except OSError:
        return None


def open_terminal(modes: list[Any] | None, size: bytes) -> tuple[int, int]:
    """A PTY with these modes, the usual ones if there are none, and of this size; the master and the slave.

    Output is not processed in it: the person's own terminal still does that, and once is enough; a pipe or file gets
    no carriage returns.
    """
    master, slave = map(lift, os.openpty())
    modes = modes or termios.tcgetattr(slave)
    modes[OFLAG] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    fcntl.ioctl(master, termios.TIOCSWINSZ, size)
    return master, slave


def read_size(terminal: int) -> bytes:
    """The window as the kernel keeps it: rows, columns, and both in pixels."""
    return fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8))


def copy_size(person: int, master: int) -> bool:
    """Make the command's window as large as the person's; whether it was not."""
    size = read_size(person)
    if size == read_size(master):
        return False
    fcntl.ioctl(master, termios.TIOCSWINSZ, size)
    return True


def window(size: bytes) -> tuple[int, int]:
    """Rows and columns in what read_size returned."""
    return int.from_bytes(size[0:2], "little"), int.from_bytes(size[2:4], "little")
