"""What the command writes arrives as it was written, where it was written, in its order, and once."""

import fcntl
import os
import random
import select
import shutil
import socket
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from kept import has_ended, only_part, only_run
from launching import PYTHON, running, shell
from waiting import is_running, wait_until

F_SETPIPE_SZ = 1031
EVERY_BYTE = bytes(range(256))
ODD = b"a\rb\r\nc\n\n\0\x04\x03\x1a\x11\x13\x7f\xff\xfe\x1b[31mX\x1b[0m" + EVERY_BYTE * 3 + b"\xe2\x82\xac no newline"
MEGABYTE = random.Random(1).randbytes(1 << 20)
BOTH = "import os\nfor n in range(1000): os.write(1, b'%d out\\n' % n), os.write(2, b'%d err\\n' % n)"
IN_ORDER = b"".join(b"%d out\n%d err\n" % (n, n) for n in range(1000))
KINDS = "import os, stat; open('seen', 'w').write(str([stat.S_IFMT(os.fstat(fd).st_mode) for fd in (1, 2)]))"


@pytest.mark.parametrize("data", [b"", b"\n", ODD, MEGABYTE], ids=["nothing", "newline", "odd bytes", "1 MB"])
def test_each_stream_arrives_whole_and_alone(every_front, tmp_path, data):
    (tmp_path / "data").write_bytes(data)

    done = subprocess.run([*every_front, *shell("cat data; cat data >&2")], capture_output=True)

    assert done.stdout == data
    assert done.stderr == data


@pytest.mark.parametrize("options", [[], ["--own-output"]], ids=" ".join)
@pytest.mark.parametrize("flags", [os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND], ids=["write", "both", "append"])
def test_file_has_all_of_it_after_what_was_there(wandb, tmp_path, flags, options):
    (tmp_path / "data").write_bytes(MEGABYTE)
    file = os.open(tmp_path / "out", flags | os.O_CREAT)
    os.write(file, b"before ")

    subprocess.run([*wandb, "run", *options, "cat", "data"], stdout=file, check=True)
    os.write(file, b" after")

    os.close(file)
    assert (tmp_path / "out").read_bytes() == b"before " + MEGABYTE + b" after"


@pytest.mark.parametrize("options", [[], ["--own-output"]], ids=" ".join)
def test_file_that_several_append_to_has_what_each_wrote(wandb, tmp_path, options):
    file = os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    runs = [
        subprocess.Popen([*wandb, "run", *options, *shell(f"for x in $(seq 200); do echo {n}; done")], stdout=file)
        for n in range(3)
    ]
    statuses = [run.wait() for run in runs]

    os.close(file)
    assert statuses == [0, 0, 0]
    assert sorted((tmp_path / "out").read_text().split()) == sorted("012" * 200)


def test_own_output_is_a_pipe_to_the_command_and_a_file_else_is_a_file(wandb):
    for options, kind in (([], stat.S_IFREG), (["--own-output"], stat.S_IFIFO)):
        with open("out", "w") as file:
            subprocess.run([*wandb, "run", *options, *PYTHON, KINDS], stdout=file, stderr=file, check=True)

        assert Path("seen").read_text() == str([kind, kind])


def test_what_nobody_wants_to_see_is_kept_on_demand(wandb):
    command = ["sh", "-c", "echo seen; echo too >&2"]
    for options, kept in (([], b""), (["--own-output"], b"seen\ntoo\n")):
        shutil.rmtree(".wandb-wrapper", ignore_errors=True)
        null = subprocess.DEVNULL
        subprocess.run([*wandb, "run", *options, *command], stdin=null, stdout=null, stderr=null, check=True)

        assert only_part().output_path.read_bytes() == kept
        said = subprocess.run([*wandb, "output", only_run().id], capture_output=True).stderr
        assert (b"/dev/null; `wandb run --own-output` keeps it" in said) == (not kept)


@pytest.mark.parametrize("place", ["file", "pipe", "null", "socket"])
def test_output_is_of_the_kind_that_it_is_without_us(front, place):
    bytes_of = {"file": stat.S_IFREG, "pipe": stat.S_IFIFO, "null": stat.S_IFCHR}
    one, other = socket.socketpair()
    place_of = {"pipe": subprocess.PIPE, "null": subprocess.DEVNULL, "socket": other.fileno()}

    with open("out", "w") as file, one, other:
        target = place_of.get(place, file)
        subprocess.run([*front, *PYTHON, KINDS], stdout=target, stderr=target, check=True)

    # A socket is a pipe to the command: the one difference that a program could see.
    expected = bytes_of.get(place, stat.S_IFIFO if front else stat.S_IFSOCK)
    assert Path("seen").read_text() == str([expected, expected])


@pytest.mark.parametrize("place", ["pipe", "file", "socket"])
def test_both_streams_to_one_place_stay_in_order(every_front, tmp_path, place):
    one, other = socket.socketpair()
    with (tmp_path / "out").open("wb") as file, one, other:
        target = {"pipe": subprocess.PIPE, "file": file, "socket": other.fileno()}[place]
        run = subprocess.Popen([*every_front, *PYTHON, BOTH], stdout=target, stderr=subprocess.STDOUT)
        other.close()
        arrived = run.communicate()[0] if place == "pipe" else read_all(one) if place == "socket" else None
        status = run.wait()

    assert status == 0
    assert (arrived if arrived is not None else (tmp_path / "out").read_bytes()) == IN_ORDER


def test_own_output_keeps_both_streams_in_order(wandb, tmp_path):
    with (tmp_path / "out").open("wb") as file:
        subprocess.run([*wandb, "run", "--own-output", *PYTHON, BOTH], stdout=file, stderr=file, check=True)

    assert (tmp_path / "out").read_bytes() == IN_ORDER


def test_socket_gets_all_and_then_the_end(every_front):
    one, other = socket.socketpair()
    with one:
        run = subprocess.Popen([*every_front, "seq", "1", "5000"], stdout=other.fileno())
        other.close()

        assert read_all(one) == b"".join(b"%d\n" % n for n in range(1, 5001))
        assert run.wait() == 0


def test_character_written_in_pieces_arrives_whole(every_front):
    program = "import os, sys\nfor byte in '€😀 done'.encode(): os.write(1, bytes([byte])), os.read(0, 1)"
    with subprocess.Popen([*every_front, *PYTHON, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        arrived = b""
        for _ in range(len("€😀 done".encode())):
            arrived += os.read(run.stdout.fileno(), 100)
            run.stdin.write(b".")
            run.stdin.flush()

    assert arrived.decode() == "€😀 done"


@pytest.mark.parametrize("fd", [1, 2])
def test_full_device_is_the_commands_to_notice(front, fd):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*front, *shell(f"echo lost >&{fd} || exit 9")], **{f"std{'out' if fd == 1 else 'err'}": full}
        )

    assert done.returncode == 9


def test_reader_that_does_not_read_holds_the_command_up(every_front):
    """Or what it writes would fill the memory."""
    program = """
import os, select, sys
os.set_blocking(1, False)
written = 0
while select.select([], [1], [], 0.2)[1]:  # For so long nobody took anything.
    written += os.write(1, b"x" * 65536)
os.set_blocking(1, True)
print(written, file=sys.stderr, flush=True)
while written < 20 << 20:
    written += os.write(1, b"x" * min(65536, (20 << 20) - written))
"""
    with subprocess.Popen([*every_front, *PYTHON, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert int(run.stderr.readline()) < 8 << 20
        assert len(run.stdout.read()) == 20 << 20

    assert run.returncode == 0


def test_end_comes_when_all_has_been_taken(every_front):
    """Whoever waits for the end may read what there is, and has all."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, F_SETPIPE_SZ, 4096)
    run = subprocess.Popen([*every_front, "seq", "1", "2000"], stdin=subprocess.DEVNULL, stdout=writer)
    os.close(writer)
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(0.4)
    arrived = b""
    while run.poll() is None or select.select([reader], [], [], 0)[0]:
        arrived += os.read(reader, 4096)
        if arrived.endswith(b"\n2000\n"):
            break

    assert run.wait() == 0
    assert arrived == b"".join(b"%d\n" % n for n in range(1, 2001))
    os.close(reader)


@pytest.mark.parametrize("count", [40, 400])
def test_command_whose_output_fits_into_the_pipe_ends_without_a_reader(every_front, count):
    """However many pieces it writes it in: `Popen(..., stdout=PIPE).wait()` does not read."""
    program = f"""
import os, time
for number in range({count}):
    os.write(1, b"%d\\n" % number)
    time.sleep(0.002)
"""
    with subprocess.Popen([*every_front, *PYTHON, program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as run:
        assert run.wait(30) == 0
        assert run.stdout.read() == b"".join(b"%d\n" % number for number in range(count))

    if "run" in every_front:
        all_of_it = b"".join(b"%d\n" % number for number in range(count))
        wait_until(lambda: only_part().output_path.read_bytes() == all_of_it)  # The rest is the keeper's to hand on.
        wait_until(lambda: has_ended() and only_part().end["output_bytes"] == len(all_of_it))
        assert only_part().end["lost_bytes"] == 0


def test_first_process_of_a_container_ends_when_all_has_been_taken(wandb, in_container):
    """Its end is the keeper's end."""
    program = """
import os, time
for number in range(400):
    os.write(1, b"%d\\n" % number)
    time.sleep(0.002)
open("written", "w").close()
"""
    with subprocess.Popen([*in_container, *wandb, "run", *PYTHON, program], stdout=subprocess.PIPE) as run:
        wait_until(Path("written").exists)
        with suppress(subprocess.TimeoutExpired):
            run.wait(1)

        assert run.stdout.read() == b"".join(b"%d\n" % number for number in range(400))


def test_head_ends_a_command_that_would_write_for_ever(front):
    script = '"$@" | head -n 1; echo ${PIPESTATUS[*]}'

    done = subprocess.run(["bash", "-c", script, "bash", *front, "yes"], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("y\n141 0\n", "")


def test_command_finds_out_at_its_next_write_that_nobody_reads(every_front):
    with running(*every_front, *shell("echo ready $$; while read x; do echo $x; done; exit 3")) as command:
        command.tell("one")
        assert command.read_line() == "one"
        command.close_output()
        tell_until_it_ends(command)

        assert command.wait() == -13


def test_command_that_ignores_broken_pipes_is_told_so(every_front):
    program = """
import os, signal, sys
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
os.write(1, b"ready %d\\n" % os.getpid())
try:
    while os.read(0, 100): os.write(1, b"more\\n")
except BrokenPipeError:
    sys.exit(5)
"""
    with running(*every_front, *PYTHON, program) as command:
        command.close_output()
        tell_until_it_ends(command)

        assert command.wait() == 5


def test_one_reader_that_has_gone_does_not_close_the_other_stream(every_front):
    script = "echo ready $$; read x; trap '' PIPE; echo lost; read x; echo kept >&2; exit 4"
    with running(*every_front, *shell(script), stderr=subprocess.PIPE) as command:
        command.close_output()
        command.tell("one")
        command.tell("two")

        assert command.wait() == 4
        assert b"kept\n" in command.run.stderr.read()


@pytest.mark.parametrize("relay", ["splice", "copy"])
def test_pipe_that_somebody_made_non_blocking_still_gets_all(wandb, monkeypatch, relay):
    """Without us the command would have met EAGAIN in it."""
    monkeypatch.setenv("WANDB_RELAY", relay)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    with subprocess.Popen([*wandb, "run", "seq", "1", "100000"], stdout=writer) as run:
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            assert file.read() == b"".join(b"%d\n" % n for n in range(1, 100001))
    assert run.returncode == 0


def test_descriptors_of_the_caller_are_not_left_non_blocking(front, tmp_path):
    reader, writer = os.pipe()
    program = "import os; open('seen', 'w').write(str([os.get_blocking(fd) for fd in (0, 1, 2)]))"

    subprocess.run([*front, *PYTHON, program], stdin=reader, stdout=writer, stderr=writer, check=True)

    assert (tmp_path / "seen").read_text() == "[True, True, True]"
    assert os.get_blocking(reader) and os.get_blocking(writer)
    os.close(reader)
    os.close(writer)


def test_live_makes_python_show_at_once_what_it_prints(wandb):
    program = "print('shown'); input()"
    run = subprocess.Popen(
        [*wandb, "run", "--live", *PYTHON[:1], "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )

    assert run.stdout.readline() == b"shown\n"
    run.communicate(b"\n")
    assert run.returncode == 0


def test_silent_command_stays_silent(wandb):
    done = subprocess.run([*wandb, "run", "true"], capture_output=True)

    assert (done.stdout, done.stderr) == (b"", b"")


def tell_until_it_ends(command):
    """It may take one more line, which is written before the news is there."""
    while is_running(command.pid):
        try:
            command.tell("more")
        except BrokenPipeError:
            return


def read_all(sock: socket.socket) -> bytes:
    return b"".join(iter(lambda: sock.recv(1 << 16), b""))
