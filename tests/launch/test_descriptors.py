"""Descriptors that the caller gave are the command's, nothing of ours leaks in, and we hold none of them."""

import os
import re
import resource
import subprocess
from pathlib import Path

import pytest
from kept import has_ended, only_part
from launching import ECHO_LINES, PYTHON, running, shell
from waiting import descendants, is_running, wait_until

LOOK = """
import os
seen = str([fd for fd in range(256) if os.path.exists(f"/proc/self/fd/{fd}")])
with open("seen", "w") as file: file.write(seen)
"""
WRITE_WHERE_OPEN = """
import os
for fd, text in (1, b"out\\n"), (2, b"err\\n"):
    try: os.write(fd, text)
    except OSError: pass
os._exit(3)
"""
EACH_CLOSED = [[], [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]


def test_what_the_caller_gave_is_there_and_nothing_else(front, tmp_path):
    given = os.open(tmp_path / "given", os.O_RDWR | os.O_CREAT)
    numbers = [os.dup2(given, fd) for fd in (33, 77)]
    program = LOOK + "os.write(77, b'written')"

    subprocess.run([*front, *PYTHON, program], stdin=subprocess.DEVNULL, pass_fds=numbers, check=True)

    for fd in {given, *numbers}:  # The first may be one of the others.
        os.close(fd)
    assert (tmp_path / "seen").read_text() == "[0, 1, 2, 33, 77]"
    assert (tmp_path / "given").read_text() == "written"


def test_descriptors_seen_are_the_same_with_us(wandb, tmp_path):
    seen = []
    for front in ([], [*wandb, "run"], [*wandb, "run", "--own-output"]):
        with (tmp_path / "out").open("w") as out:
            subprocess.run([*front, *PYTHON, LOOK], stdin=subprocess.DEVNULL, stdout=out, check=True)
        seen.append((tmp_path / "seen").read_text())

    assert seen[1:] == [seen[0]] * 2


@pytest.mark.parametrize("closed", EACH_CLOSED, ids=str)
def test_what_is_closed_stays_closed(front, tmp_path, closed):
    closing = " ".join(f"{fd}>&-" for fd in closed)

    done = subprocess.run(shell(f'"$@" {closing}', *front, *PYTHON, LOOK + "os._exit(5)"), stdin=subprocess.DEVNULL)

    assert done.returncode == 5
    assert (tmp_path / "seen").read_text() == str([fd for fd in (0, 1, 2) if fd not in closed])


@pytest.mark.parametrize("closed", EACH_CLOSED, ids=str)
def test_what_goes_where_something_is_open_is_shown_and_kept(every_front, closed):
    script = '"$@" ' + " ".join(f"{fd}>&-" for fd in closed)

    done = subprocess.run(
        shell(script, *every_front, *PYTHON, WRITE_WHERE_OPEN), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )

    expected = b"".join(text for fd, text in ((1, b"out\n"), (2, b"err\n")) if fd not in closed)
    assert (done.returncode, done.stdout) == (3, expected)
    if every_front:
        assert (only_part().end["exit_code"], only_part().output_path.read_bytes()) == (3, expected)


def test_reader_hears_that_the_command_has_closed_what_we_were_given_too(front):
    """A framework that closes its end of a pipe tells the other end so, at once."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    program = f"""
import os
os.write(1, b"ready %d\\n" % os.getpid())
os.read(0, 100)
os.close({writer})
os.write(1, b"closed\\n")
os.read(0, 100)
"""
    with running(*front, *PYTHON, program, pass_fds=[writer]) as command:
        os.close(writer)
        with pytest.raises(BlockingIOError):
            os.read(reader, 1)
        command.tell("close it")
        assert command.read_line() == "closed"

        assert wait_until(lambda: read_now(reader) == b"")
        assert is_running(command.pid)
    os.close(reader)


def test_nothing_of_the_callers_is_open_in_us(wandb, tmp_path):
    given = os.open(tmp_path / "given", os.O_RDWR | os.O_CREAT)
    with running(*wandb, "run", *ECHO_LINES, pass_fds=[given]) as command:
        wait_until(lambda: len(descendants()) == 4)
        callers = {os.readlink(f"/proc/{command.pid}/fd/0"), str(tmp_path / "given")}
        others = {pid for pid, _start in descendants()} - {command.pid}

        wait_until(lambda: not any(callers & set(opened_by(pid)) for pid in others))
        assert callers <= set(opened_by(command.pid))
    os.close(given)


def test_recorder_has_nothing_of_the_callers_output(wandb):
    with running(*wandb, "run", *ECHO_LINES) as command:
        wait_until(lambda: len(descendants()) == 4)
        recorder = next(pid for pid, _start in descendants() if os.getsid(pid) == pid)
        output = os.readlink(f"/proc/self/fd/{command.run.stdout.fileno()}")

        wait_until(lambda: len(opened_by(recorder)) > 4)
        assert output not in opened_by(recorder)


def test_numbers_that_a_command_may_expect_to_be_free_are_free(front):
    """The first that it opens is the first after what the caller gave."""
    done = subprocess.run(
        [*front, *PYTHON, "import os; print(os.dup(0))"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )

    assert done.stdout == b"3\n"


@pytest.mark.parametrize("most", [16, 20, 24, 28, 32, 40, 48, 64])
@pytest.mark.parametrize("place", ["pipes", "terminal"])
def test_few_descriptors_are_enough_for_the_command(wandb, place, most):
    """What there is no room for is the record."""

    def allow_few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    master, slave = os.openpty()
    places = {"pipes": subprocess.PIPE, "terminal": slave}
    run = subprocess.Popen(
        [*wandb, "run", "-q", *shell("echo out; echo err >&2; ulimit -n; exit 7")],
        stdin=subprocess.DEVNULL, stdout=places[place], stderr=subprocess.PIPE, preexec_fn=allow_few,
    )  # fmt: skip
    os.close(slave)
    shown, complaint = run.communicate()
    if place == "terminal":
        shown = read_terminal(master)
    os.close(master)

    assert run.returncode == 7
    assert shown.replace(b"\r", b"") == b"out\n%d\n" % most
    assert re.fullmatch(rb"(wandb: this run is not recorded: .*\n)?err\n", complaint)


@pytest.mark.parametrize("unwritable", [1, 2])
def test_descriptor_that_cannot_be_written_costs_the_other_nothing(front, unwritable):
    """As bare: EBADF there, and all is well on the other."""
    reader, writer = os.pipe()
    places = {1: subprocess.PIPE, 2: subprocess.PIPE} | {unwritable: reader}
    program = "echo out; echo $? >&2" if unwritable == 1 else "echo err >&2; echo $?"
    done = subprocess.run([*front, *shell(program)], stdout=places[1], stderr=places[2])
    os.close(reader)
    os.close(writer)

    said = done.stderr if unwritable == 1 else done.stdout
    assert said.splitlines()[-1:] == [b"1"]


def test_standard_error_is_kept_where_standard_output_is_the_same_terminal_read_only(wandb):
    master, slave = os.openpty()
    read_only = os.open(os.ttyname(slave), os.O_RDONLY | os.O_NOCTTY)
    run = subprocess.Popen([*wandb, "run", "-q", *shell("echo err >&2")], stdout=read_only, stderr=slave)
    os.close(slave)
    os.close(read_only)
    shown = read_terminal(master)
    os.close(master)

    assert (run.wait(), shown) == (0, b"err\r\n")
    wait_until(lambda: has_ended() and only_part().output_path.read_bytes() == b"err\n")


def read_now(fd: int) -> bytes | None:
    try:
        return os.read(fd, 100)
    except BlockingIOError:
        return None


def read_terminal(master: int) -> bytes:
    shown = b""
    try:
        while piece := os.read(master, 1000):
            shown += piece
    except OSError:  # EIO is its end.
        return shown
    return shown


def opened_by(pid: int) -> list[str]:
    """What its descriptors lead to."""
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(os.readlink(link))
        except FileNotFoundError:  # Closed meanwhile.
            continue
    return found
