"""What is damaged in a run, or not ours to read, is said once; the rest of it is shown, and so are all other runs."""

import gzip
import json
import os
from pathlib import Path

import pytest
from cli.asking import answer, ask
from cli.runs import make_run

PART = Path(".wandb-wrapper/damaged/0-0")


@pytest.fixture
def damaged(wandb: list[str]) -> list[str]:
    """A run that a test damages, and one that stays whole."""
    make_run("whole", output=[(0, 1, b"whole\n")])
    make_run("damaged", output=[(0, 1, b"one\n"), (1, 1, b"two\n")])
    return wandb


def make_nothing(path: Path) -> None:
    path.unlink()


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (make_folder, "it is no file"),
        (make_loop, "Too many levels of symbolic links"),
        (make_pipe, "it is no file"),
    ],
)
def test_journal_that_cannot_be_read_is_named(damaged: list[str], make, why: str) -> None:
    make(PART / "journal.jsonl")

    assert f"! journal.jsonl cannot be read: {why}" in answer(damaged, "show", "damaged")
    assert answer(damaged, "output", "damaged") == "one\ntwo\n"
    assert ask(damaged, "history", "damaged").returncode == 0


@pytest.mark.parametrize("damage", ["cut", "changed", "garbage"])
def test_packed_journal_is_read_as_far_as_it_goes(damaged: list[str], damage: str) -> None:
    rows = [{"source": "metrics", "upto": n, "row": {"loss": 1 / n}, "step": n} for n in range(1, 5001)]
    path = make_run("packed", output=b"one\n", records=rows) / "0-0/journal.jsonl"
    packed = bytearray(gzip.compress(path.read_bytes()))
    middle = len(packed) // 2
    new = {"cut": packed[:middle], "changed": packed[:middle] + b"#" * 99 + packed[middle:], "garbage": b"garbage"}
    path.unlink()
    path.with_suffix(".jsonl.gz").write_bytes(new[damage])

    shown = answer(damaged, "show", "packed")

    assert "! journal.jsonl: a damaged record at byte " in shown
    assert len(answer(damaged, "history", "packed", "--csv").splitlines()) > (0 if damage == "garbage" else 1000)
    assert answer(damaged, "output", "packed")


def test_part_without_its_facts_says_so(damaged: list[str]) -> None:
    make_nothing(PART / "part.json")

    assert "! part.json is missing" in answer(damaged, "show", "damaged")


def test_output_that_has_become_shorter_says_so(damaged: list[str]) -> None:
    os.truncate(PART / "output.log", 3)

    assert "! output.log has 5 bytes less than there were at the end" in answer(damaged, "show", "damaged")


@pytest.mark.parametrize("cause", [{"kind": {}}, {"kind": [1]}, {"text": 3}, [], "x"])
def test_cause_that_makes_no_sense_is_none(damaged: list[str], cause: object) -> None:
    end = json.loads((PART / "end.json").read_bytes())
    (PART / "end.json").write_text(json.dumps({**end, "state": "failed", "exit_code": 1, "cause": cause}))

    assert "damaged" in answer(damaged, "ls")
    assert ask(damaged, "show", "damaged").returncode == 0


def test_numbers_that_json_has_not_are_texts_everywhere(damaged: list[str]) -> None:
    run = json.loads((PART.parent / "run.json").read_bytes())
    (PART.parent / "run.json").write_text(json.dumps({**run, "group": float("inf"), "name": float("nan")}))

    for words in (("show", "damaged", "--json"), ("ls", "--json")):
        json.loads(answer(damaged, *words), parse_constant=pytest.fail)


def test_link_that_leads_nowhere_is_no_run(damaged: list[str]) -> None:
    Path(".wandb-wrapper/loop").symlink_to("loop")

    listed = answer(damaged, "ls")

    assert "whole" in listed
    assert "loop" not in listed


def test_run_of_another_user_hides_no_other(damaged: list[str], as_root: None) -> None:
    """As after one `sudo wandb run`."""
    os.chown(PART.parent, 54321, 54321)
    PART.parent.chmod(0o700)
    without_rights = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]

    listed = ask([*without_rights, *damaged], "ls")
    assert listed.returncode == 0
    assert "whole" in listed.stdout
    assert "run.json cannot be read: Permission denied" in listed.stderr
    for words in (("status",), ("show", "whole"), ("show", "latest")):
        assert ask([*without_rights, *damaged], *words).returncode == 0
