"""Standard input is the command's: we never read of it, hold it or change it."""

import os
import random
import shlex
import subprocess
from pathlib import Path

from launching import PYTHON, running, shell
from waiting import is_running, wait_until

MEGABYTES = random.Random(2).randbytes(3 << 20)


def test_all_of_it_arrives(every_front):
    done = subprocess.run([*every_front, "cat"], input=MEGABYTES, stdout=subprocess.PIPE)

    assert done.stdout == MEGABYTES


def test_file_is_the_same_file(front, tmp_path):
    (tmp_path / "data").write_bytes(b"four")

    with open("data", "rb") as file:
        done = subprocess.run([*front, *shell("test -f /dev/stdin; echo $?; cat")], stdin=file, capture_output=True)

    assert done.stdout == b"0\nfour"


def test_what_the_command_does_not_read_is_for_the_next(front, tmp_path):
    (tmp_path / "lines").write_text("a\nb\nc\n")
    command = shlex.join([*front, *shell("read x; echo got $x")])

    from_pipe = subprocess.run(shell(f"cat lines | ({command}; cat)"), stdout=subprocess.PIPE, text=True)
    from_file = subprocess.run(shell(f"({command}; cat) <lines"), stdout=subprocess.PIPE, text=True)

    assert from_pipe.stdout == from_file.stdout == "got a\nb\nc\n"


def test_loop_over_lines_runs_for_each(front):
    """As with ssh, which reads ahead."""
    script = f"printf '1\\n2\\n3\\n' | while read n; do {shlex.join(front)} echo job $n; done"

    done = subprocess.run(shell(script), stdout=subprocess.PIPE, text=True)

    assert done.stdout == "job 1\njob 2\njob 3\n"


def test_offset_is_shared_with_who_reads_on(front, tmp_path):
    (tmp_path / "data").write_bytes(b"0123456789")
    file = os.open("data", os.O_RDONLY)

    subprocess.run([*front, *PYTHON, "import os; os.read(0, 4)"], stdin=file, check=True)

    assert os.read(file, 100) == b"456789"
    os.close(file)


def test_nothing_to_read_is_nothing(front):
    done = subprocess.run([*front, *shell("cat; echo $?")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    assert done.stdout == b"0\n"


def test_writer_hears_that_the_command_has_ended(front):
    script = 'yes | "$@"; echo ${PIPESTATUS[*]}'

    done = subprocess.run(["bash", "-c", script, "bash", *front, "true"], stdout=subprocess.PIPE)

    assert done.stdout == b"141 0\n"


def test_writer_hears_at_once_that_the_command_has_closed_it(front):
    os.mkfifo("go")
    with running(*front, *shell("exec 3<&0 0</dev/null; echo ready $$; read x <&3; exec 3<&-; read y <go")) as command:
        command.tell("close it")
        wait_until(lambda: is_broken(command))

        assert is_running(command.pid)
        Path("go").write_text("\n")
        command.wait()


def test_writer_that_waits_does_not_keep_us(front):
    reader, writer = os.pipe()

    done = subprocess.run([*front, *shell("exit 8")], stdin=reader)

    assert done.returncode == 8
    os.close(reader)
    os.close(writer)


def test_terminal_may_be_the_input_alone(front):
    master, slave = os.openpty()
    with subprocess.Popen([*front, "cat"], stdin=slave, stdout=subprocess.PIPE) as run:
        os.close(slave)
        os.write(master, b"line\n\x04")

        assert run.stdout.read() == b"line\n"
    os.close(master)


def is_broken(command) -> bool:
    try:
        command.tell("more")
    except BrokenPipeError:
        return True
    return False
