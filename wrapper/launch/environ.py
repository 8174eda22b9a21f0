"""The caller's environment, exact to the byte: the shell that starts us (bin/wandb) edits its own copy.

The shell read the original from /proc, and hands it over in one variable, written so:

    HOME=/home/ada␞BASH_FUNC_f%%=() { echo␤}␞no equals sign␞      ␞ stands for \\036, once NUL
"""

import posix as os

HANDED_OVER = b"_WANDB_ENVIRON="
IGNORED = b"_WANDB_IGNORED="  # which signals, as /proc has it
SET_BY_SHELLS = (b"PATH", b"PWD", b"OLDPWD", b"SHLVL", b"_")
END = b"\036"  # of an entry; the kernel ends it with NUL, which a shell variable cannot hold
END_WITHIN = b"\037"  # what the shell made of an END that was part of an entry


def caller_environment() -> list[bytes]:
    """Every entry of the caller's environment in the caller's order, also doubled ones and ones without "=".

    What the shell passed on instead, when it could not read or hold the original: then names
    that are no identifiers are missing.
    """
    passed_on = read_environment()
    original = next((entry for entry in passed_on if entry.startswith(HANDED_OVER)), None)
    passed_on = [entry for entry in passed_on if not entry.startswith((HANDED_OVER, IGNORED))]
    if original is None or not is_proc_ours():
        return passed_on
    entries = [restore(entry, passed_on) for entry in original[len(HANDED_OVER) :].split(END)[:-1]]
    if not entries and any(entry.partition(b"=")[0] not in SET_BY_SHELLS for entry in passed_on):
        return passed_on  # A /proc that shows nothing at all is not believed.
    return [entry for entry in entries if not entry.startswith((HANDED_OVER, IGNORED))]


def read_environment() -> list[bytes]:
    """The environment of this process as it was started: Python adds LC_CTYPE to its own in the C locale."""
    try:
        with open("/proc/self/environ", "rb") as file:
            return file.read().split(b"\0")[:-1]
    except OSError:
        return [name + b"=" + value for name, value in os.environ.items()]


def is_proc_ours() -> bool:
    """False where /proc is that of another process namespace: the shell has read a stranger's environment."""
    try:
        return os.readlink("/proc/self") == str(os.getpid())
    except OSError:
        return False


def restore(entry: bytes, passed_on: list[bytes]) -> bytes:
    """`entry` as the kernel held it: where a separator stood in it, the shell's own copy tells which.

    A name that is no identifier has no such copy: there, and only there, a \\036 stays a \\037.
    """
    if END_WITHIN in entry:
        for copy in passed_on:
            if copy.replace(END, END_WITHIN) == entry:
                return copy
    return entry
