"""`wandb output` gives back what was printed: as lines, as bytes, as JSON, and while it is being printed."""

import json
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from cli.asking import answer, ask, asking, at_terminal
from cli.runs import STARTED_AT, TWO_STREAMS, end_facts, make_run, started_ago, write

BARS = b"".join(b"\r%3d%%|%-10s|" % (percent, b"#" * (percent // 10)) for percent in range(101))
MIXED = [
    (0.0, 1, b"out 1\n"),
    (0.5, 2, b"err 1\nerr 2\n"),
    (1.0, 1, b"out 2\n"),
    (2.0, 2, b"err \xc3"),
    (3.0, 2, b"\xa4\n"),
]


def test_progress_bar_is_folded_to_its_last_state(wandb: list[str]) -> None:
    make_run(output=b"begin\n" + BARS + b"\n\x1b[32mdone\x1b[0m\n")

    assert answer(wandb, "output", "latest") == "begin\n100%|##########|\ndone\n"


def test_raw_is_every_byte(wandb: list[str]) -> None:
    make_run(output=[(0, 1, BARS), (1, 1, bytes(range(256)) * 1000)])

    done = subprocess.run([*wandb, "output", "latest", "--raw"], capture_output=True)

    assert done.stdout == BARS + bytes(range(256)) * 1000


def test_line_is_as_wide_as_the_terminal_was(wandb: list[str]) -> None:
    moves = b"\x1b[1;1Habc\x1b[1;5Hdef\n"
    bigger = {"source": "terminal", "upto": 0, "columns": 4, "rows": 5}
    make_run("aaaaaaaa", output=moves, part={"columns": 80, "rows": 5})
    make_run("bbbbbbbb", output=moves, part={"columns": 80, "rows": 5}, records=[bigger])

    assert answer(wandb, "output", "aaaaaaaa") == "abc def\n"
    assert answer(wandb, "output", "bbbbbbbb") == "abcdef\n"  # The fifth of four columns is the last.


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ([], "out 1\nerr 1\nerr 2\nout 2\nerr ä\n"),
        (["--stdout"], "out 1\nout 2\n"),
        (["--stderr"], "err 1\nerr 2\nerr ä\n"),
        (["--stderr", "--raw"], "err 1\nerr 2\nerr ä\n"),
    ],
)
def test_streams_are_told_apart(wandb: list[str], flags: list[str], text: str) -> None:
    make_run(output=MIXED, part={"streams": TWO_STREAMS})

    assert answer(wandb, "output", "latest", *flags) == text


def test_json_texts_put_together_are_the_stream(wandb: list[str]) -> None:
    make_run(output=[*MIXED, (4.0, 1, b"\xff no end")], part={"streams": TWO_STREAMS})

    found = [json.loads(line) for line in answer(wandb, "output", "latest", "--json").splitlines()]

    assert found[0] == {"at": STARTED_AT, "stream": 1, "text": "out 1\n"}
    assert [one["at"] - STARTED_AT for one in found] == [0, 0.5, 0.5, 1, 2, 3, 4, 4]
    for stream, text in ((1, "out 1\nout 2\n\udcff no end"), (2, "err 1\nerr 2\nerr ä\n")):
        assert "".join(one["text"] for one in found if one["stream"] == stream) == text


def test_one_place_for_both_streams_cannot_be_told_apart(wandb: list[str]) -> None:
    make_run(output=b"hello\n")

    refused, noted = ask(wandb, "output", "latest", "--stderr"), ask(wandb, "output", "latest", "--stdout")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "went to the same place as standard output" in refused.stderr
    assert (noted.returncode, noted.stdout) == (0, "hello\n")
    assert noted.stderr == "wandb: standard error is in it: both went to the same place\n"


@pytest.mark.parametrize(
    ("kind", "flags", "status", "says"),
    [
        ("device", ["--stderr"], 1, "wandb: nothing is kept of standard error: it was /dev/null\n"),
        ("closed", ["--stderr"], 1, "wandb: nothing is kept of standard error: it was /dev/null\n"),
        ("device", [], 0, ""),
    ],
)
def test_stream_of_which_nothing_is_kept(wandb: list[str], kind: str, flags: list[str], status: int, says: str) -> None:
    lost = {"stream": 2, "fds": [2], "kind": kind, "path": "/dev/null"}
    make_run(output=b"hello\n", part={"streams": [TWO_STREAMS[0], lost]})

    asked = ask(wandb, "output", "latest", *flags)

    assert (asked.returncode, asked.stderr) == (status, says)


def test_gap_is_said_after_all_is_shown(wandb: list[str]) -> None:
    gap = {"source": "output", "upto": 0, "stream": 1, "gap": 65536}
    make_run(output=b"hello\n", records=[gap])

    asked = ask(wandb, "output", "latest")

    assert (asked.returncode, asked.stdout) == (0, "hello\n")
    assert asked.stderr == "wandb: 65.5 kB are missing in one place: the recorder could not keep up, or was dead\n"
    assert json.loads(ask(wandb, "output", "latest", "--json").stdout.splitlines()[0])["gap"] == 65536


def test_attempt_is_the_newest_unless_another_is_named(wandb: list[str]) -> None:
    make_run(output=b"first\n")
    make_run(output=b"second\n", attempt=1)

    assert answer(wandb, "output", "latest") == "second\n"
    assert answer(wandb, "output", "latest", "--attempt", "0") == "first\n"
    asked = ask(wandb, "output", "latest", "--attempt", "7")
    assert (asked.returncode, asked.stderr) == (1, "wandb: run k3v9x2ab has no attempt 7, only 0 or 1\n")


def test_since_leaves_out_what_came_before(wandb: list[str]) -> None:
    make_run(output=[(0, 1, b"old\n"), (500, 1, b"new\n")], part=started_ago(1000), took_s=600)

    assert answer(wandb, "output", "latest", "--since", "10m") == "new\n"
    assert answer(wandb, "output", "latest", "--since", "1h", "--raw") == "old\nnew\n"
    asked = ask(wandb, "output", "latest", "--since", "30s")
    assert (asked.returncode, asked.stdout) == (0, "")
    assert asked.stderr.startswith("wandb: nothing was printed since 20")
    asked = ask(wandb, "output", "latest", "--since", "yesterday")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr == 'wandb: --since: "yesterday" is no time; say 10m, 2h, 14:30 or 2026-05-28T14:30\n'


def test_output_without_a_journal_is_shown_all_the_same(wandb: list[str]) -> None:
    (make_run(output=b"hello\n") / "0-0/journal.jsonl").unlink()

    assert answer(wandb, "output", "latest") == "hello\n"


def test_reader_that_leaves_is_no_error(wandb: list[str]) -> None:
    make_run(output=b"hello\n" * 200_000)

    with asking(wandb, "output", "latest", stderr=subprocess.PIPE) as asked:
        assert asked.stdout.readline() == b"hello\n"
        asked.stdout.close()

        assert (asked.stderr.read(), asked.wait()) == (b"", -signal.SIGPIPE)


@pytest.mark.parametrize(
    "words", [["ls"], ["show", "latest"], ["output", "latest"], ["output", "latest", "--raw"], ["--help"]]
)
def test_full_disk_is_told_in_a_line(wandb: list[str], words: list[str]) -> None:
    make_run(output=b"hello\n" * 100_000)

    with open("/dev/full", "w") as full:
        asked = subprocess.run([*wandb, *words], stdout=full, stderr=subprocess.PIPE, text=True)

    assert (asked.returncode, asked.stderr) == (1, "wandb: No space left on device\n")


@pytest.mark.parametrize("line", [b"x" * 1000 + b"\n", b"x" * 1000, BARS])
def test_memory_does_not_grow_with_the_output(wandb: list[str], line: bytes) -> None:
    make_run(output=[(t, 1, line * (8_000_000 // len(line))) for t in range(5)])
    program = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)"
    program += "\nprint(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"

    measured = subprocess.check_output([sys.executable, "-c", program, *wandb, "output", "latest"])

    assert int(measured) < 45_000  # kB


class Growing:
    """A run that prints when it is told to."""

    def __init__(self, **part: Any) -> None:
        self.path = make_run(is_running=True, part=part or None) / "0-0"
        self._size = 0

    def print(self, text: bytes) -> None:
        record = {"n": 1, "at": time.time(), "source": "output", "upto": self._size, "stream": 1}
        with (self.path / "journal.jsonl").open("a") as journal:
            journal.write(json.dumps(record) + "\n")
        with (self.path / "output.log").open("ab") as log:
            self._size += log.write(text)

    def end(self) -> None:
        write(self.path / "end.json", end_facts(time.time()))


def test_following_shows_each_line_when_it_is_whole_and_ends_with_the_run(wandb: list[str]) -> None:
    run = Growing()
    run.print(b"one\n 10%")

    with asking(wandb, "output", "latest", "-f") as asked:
        assert asked.stdout.readline() == b"one\n"
        run.print(b"\r 90%")
        run.print(b"\r100%\n")
        assert asked.stdout.readline() == b"100%\n"
        run.print(b"last")
        run.end()
        assert asked.stdout.read() == b"last\n"

        assert asked.wait() == 0


@pytest.mark.parametrize("how", ["--json", "--raw"])
def test_following_gives_every_byte_that_comes(wandb: list[str], how: str) -> None:
    run = Growing()
    run.print(b"one\n 10%")

    with asking(wandb, "output", "latest", "-f", how) as asked:
        first = asked.stdout.readline()
        run.print(b"\r 90%")
        run.end()
        shown = first + asked.stdout.read()

    if how == "--json":
        shown = "".join(json.loads(line)["text"] for line in shown.splitlines()).encode()
    assert shown == b"one\n 10%\r 90%"


def test_following_on_a_terminal_goes_on_where_the_cursor_was(wandb: list[str]) -> None:
    run = Growing()
    run.print(BARS + b"\n 10%")
    shown = b""

    with at_terminal(wandb, "output", "latest", "-f") as terminal:
        while not shown.endswith(b" 10%"):
            shown += terminal.read()
        run.print(b"\r 20%")
        while not shown.endswith(b"\r 20%"):
            shown += terminal.read()
        run.end()
        terminal.wait()

    assert shown == b"100%|##########|\r\n 10%\r 20%"


def test_follower_is_let_go_when_the_wrapper_was_killed(wandb: list[str]) -> None:
    run = Growing(pid=1, pid_ticks=1)
    run.print(b"last\n")

    assert answer(wandb, "output", "latest", "-f") == "last\n"


def test_raw_and_json_exclude_each_other(wandb: list[str]) -> None:
    make_run()

    assert ask(wandb, "output", "latest", "--raw", "--json").returncode == 2


TOKEN = "hf_" + "aB3dE6gH9j" * 4
SECRETS = f"login with {TOKEN}\nDB_PASSWORD=hunter22\nloss 0.5 tokens: 512\n".encode()
MASKED = "login with ***\nDB_PASSWORD=***\nloss 0.5 tokens: 512\n"


def test_secrets_are_masked_and_counted(wandb: list[str]) -> None:
    make_run(output=SECRETS)

    done = ask(wandb, "output", "latest")

    assert done.stdout == MASKED
    assert "2 secrets are masked" in done.stderr


@pytest.mark.parametrize("flag", ["--raw", "--no-redact"])
def test_secrets_are_shown_to_who_asks_for_them(wandb: list[str], flag: str) -> None:
    make_run(output=SECRETS)

    assert answer(wandb, "output", "latest", flag) == SECRETS.decode()


def test_secrets_are_shown_where_the_run_was_not_to_be_masked(wandb: list[str]) -> None:
    make_run(output=SECRETS, part={"redact": False})

    assert answer(wandb, "output", "latest") == SECRETS.decode()


def test_secret_that_came_in_pieces_is_masked_in_json(wandb: list[str]) -> None:
    make_run(output=[(0.1 * index, 1, SECRETS[index : index + 1]) for index in range(len(SECRETS))])

    lines = ask(wandb, "output", "latest", "--json").stdout.splitlines()

    assert "".join(json.loads(line)["text"] for line in lines) == MASKED
