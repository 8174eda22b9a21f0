"""What the command is started with, and how."""

from __future__ import annotations

import posix as os

from wrapper.launch import command, outputs, signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from wrapper.rundir.board import Board


AS_IT_IS = {"\n", *(chr(0xDC00 + byte) for byte in range(0x80, 0x100))}  # The latter are bytes that are no UTF-8.


def say(message: str, fd: int = 2, before: str = "") -> None:
    """A word of ours on standard error, whatever is named in it; nobody there to read it is no error."""
    line = "".join(letter if letter.isprintable() or letter in AS_IT_IS else ascii(letter)[1:-1] for letter in message)
    try:
        os.write(fd, f"{before}wandb: {line}\n".encode(errors="surrogateescape"))
    except OSError:  # Closed, full or gone.
        return


class Start:
    """What the command is to be started with."""

    def __init__(
        self,
        argv: list[str],
        path: str,
        environment: list[bytes],
        closed: list[int],
        mask: set[int],
        ignores_pipe: bool,
    ) -> None:
        self.argv, self.path, self.environment, self.closed = argv, path, environment, closed
        self.mask, self.ignores_pipe = mask, ignores_pipe

    @property
    def variables(self) -> dict[str, str]:
        """The environment as a mapping: the first entry of a name counts, as for getenv(3)."""
        pairs = (entry[1:].partition(b"=") for entry in reversed(self.environment))
        firsts = (entry[:1] for entry in reversed(self.environment))
        return {
            command.as_text(first + name): command.as_text(value)
            for first, (name, equals, value) in zip(firsts, pairs, strict=True)
            if equals
        }

    def restore_signals(self) -> None:
        """In a process that will become the command: the signal state that the caller meant it to have."""
        signals.restore_for_command(self.mask, self.ignores_pipe)

    def instead_of_us(self, changes: dict[bytes, bytes] | None = None) -> NoReturn:
        """Become the command, with these changes to its environment: nothing of ours stays."""
        self.restore_signals()
        try:
            command.become(self.path, self.argv, command.with_variables(self.environment, changes or {}))
        except OSError as error:
            refusal = command.explain(self.argv[0], error.errno or 0)
            say(str(refusal))
        os._exit(refusal.status)

    def fork(self, found: list[outputs.Output], changes: dict[bytes, bytes], board: Board, word_end: int) -> int:
        """Start the command; its pid. What execve(2) has against it is told at `word_end`, which else just ends."""
        pid = os.fork()
        if pid == 0:
            try:
                board.command = os.getpid()  # By itself, because we may be killed before we can.
                for output in found:
                    output.give_to_command()
                self.restore_signals()
                command.become(self.path, self.argv, command.with_variables(self.environment, changes))
            except OSError as error:
                os.write(word_end, b"%d" % (error.errno or 0))
            finally:
                os._exit(127)
        os.sched_yield()  # It first: the kernel may have put it behind us, on our processor.
        os.close(word_end)
        return pid
