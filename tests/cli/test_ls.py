"""`wandb ls` says in one line each which runs there are and how they stand."""

import json
from pathlib import Path

import pytest
from cli.asking import answer, ask, look_at
from cli.runs import make_run, started_ago

DAY_S = 86400
LONG = ["/home/ada/venv/bin/python", "-m", "trainer.main", "--config", "configs/base.yaml", "--lr", "0.001"]
AT_60 = """\
  ID        NAME            STATE          COMMAND
● r1aaaaaa  calm-heron-11   running        python train.py…
✓ f1aaaaaa  brisk-otter-12  finished       /home/ada/venv/b…
✕ x1aaaaaa  größe-日本語    failed (3)     python train.py…
■ k1aaaaaa  slow-raven-9    killed (TERM)  sh -c $'echo \\'a…
◌ c1aaaaaa  wild-finch-10   crashed        python train.py…
"""
AT_80 = """\
  ID        NAME            STATE          TOOK   AGE  COMMAND
● r1aaaaaa  calm-heron-11   running        1h07m  1h   python train.py --lr 0.1
✓ f1aaaaaa  brisk-otter-12  finished       1m39s  2h   /home/ada/venv/bin/pytho…
✕ x1aaaaaa  größe-日本語    failed (3)     4.0s   3h   python train.py --lr 0.1
■ k1aaaaaa  slow-raven-9    killed (TERM)  3h00m  3d   sh -c $'echo \\'a\\'\\necho…
◌ c1aaaaaa  wild-finch-10   crashed        1m39s  4d   python train.py --lr 0.1
"""
AT_120 = """\
  ID        NAME            STATE          TOOK   AGE  COMMAND
● r1aaaaaa  calm-heron-11   running        1h07m  1h   python train.py --lr 0.1
✓ f1aaaaaa  brisk-otter-12  finished       1m39s  2h   /home/ada/venv/bin/python -m trainer.main --config configs/base.…
✕ x1aaaaaa  größe-日本語    failed (3)     4.0s   3h   python train.py --lr 0.1
■ k1aaaaaa  slow-raven-9    killed (TERM)  3h00m  3d   sh -c $'echo \\'a\\'\\necho b'
◌ c1aaaaaa  wild-finch-10   crashed        1m39s  4d   python train.py --lr 0.1
"""


def make_one_of_each() -> None:
    make_run("r1aaaaaa", is_running=True, run={"name": "calm-heron-11"}, part=started_ago(4030))
    make_run("f1aaaaaa", part={"argv": LONG, **started_ago(7220)})
    failed = {"state": "failed", "exit_code": 3}
    make_run("x1aaaaaa", end=failed, took_s=4, run={"name": "größe-日本語"}, part=started_ago(10820))
    killed = {"state": "killed", "exit_code": None, "signal": 15}
    shell = {"argv": ["sh", "-c", "echo 'a'\necho b"], **started_ago(3 * DAY_S + 20)}
    make_run("k1aaaaaa", end=killed, took_s=10800, run={"name": "slow-raven-9"}, part=shell)
    crashed = {"state": "crashed", "exit_code": None, "by": "settled"}
    make_run("c1aaaaaa", end=crashed, run={"name": "wild-finch-10"}, part=started_ago(4 * DAY_S + 20))


@pytest.mark.parametrize(("columns", "screen"), [(60, AT_60), (80, AT_80), (120, AT_120)])
def test_screen_shows_each_state_and_cuts_to_the_width(wandb: list[str], columns: int, screen: str) -> None:
    make_one_of_each()

    assert look_at(wandb, "ls", columns=columns) == screen


def test_pipe_gets_whole_lines_without_colours(wandb: list[str]) -> None:
    make_one_of_each()

    assert answer(wandb, "ls") == AT_120.replace("base.…", "base.yaml --lr 0.001")


def test_state_has_its_colour_on_a_terminal_that_shows_colours(wandb: list[str]) -> None:
    make_run()

    assert "\x1b[32m✓\x1b[0m" in look_at(wandb, "ls", NO_COLOR="")
    assert "\x1b[" not in look_at(wandb, "ls", NO_COLOR="1")
    assert "\x1b[" not in look_at(wandb, "ls", NO_COLOR="", TERM="dumb")


def test_terminal_shows_the_newest_and_says_how_many_more_there_are(wandb: list[str]) -> None:
    for number in range(23):
        make_run(f"run{number:02}", part=started_ago(1000 - number))

    lines = look_at(wandb, "ls").splitlines()

    assert [line[2:7] for line in lines[1:-1]] == [f"run{number:02}" for number in range(22, 2, -1)]
    assert lines[-1] == "  3 more: wandb ls --all"
    assert len(look_at(wandb, "ls", "--all").splitlines()) == len(answer(wandb, "ls").splitlines()) == 24
    assert len(answer(wandb, "ls", "--limit", "2").splitlines()) == 3


def test_only_runs_that_stand_so(wandb: list[str]) -> None:
    make_one_of_each()

    found = json.loads(answer(wandb, "ls", "--state", "failed", "--state", "crashed", "--json"))

    assert [(run["id"], run["state"], run["exit_code"]) for run in found] == [
        ("x1aaaaaa", "failed", 3),
        ("c1aaaaaa", "crashed", None),
    ]
    assert answer(wandb, "ls", "--state", "running", "-n", "1").splitlines()[1].startswith("● r1aaaaaa")


def test_json_has_what_the_line_has(wandb: list[str]) -> None:
    make_run(run={"project": "mnist", "tags": ["a"]}, part={"argv": ["./train", "\udcff"]})

    assert json.loads(answer(wandb, "ls", "--json")) == [
        {
            "id": "k3v9x2ab",
            "name": "brisk-otter-12",
            "state": "finished",
            "stalled_since": None,
            "exit_code": 0,
            "signal": None,
            "created_at": 1780000000.25,
            "started_at": 1780000000.25,
            "ended_at": 1780000099.5,
            "duration_s": 99.25,
            "command": ["./train", "\udcff"],
            "project": "mnist",
            "tags": ["a"],
        }
    ]


def test_attempts_are_one_run_that_took_as_long_as_all_of_them(wandb: list[str]) -> None:
    make_run(took_s=60, end={"state": "killed", "exit_code": None, "signal": 9})
    make_run(attempt=1, took_s=30)

    (run,) = json.loads(answer(wandb, "ls", "--json"))

    assert (run["state"], run["duration_s"]) == ("finished", 90)


def test_no_runs_are_answered_with_how_to_make_one(wandb: list[str]) -> None:
    asked = ask(wandb, "ls")

    assert (asked.returncode, asked.stdout) == (0, "")
    assert asked.stderr.startswith("No runs are kept in .wandb-wrapper yet")
    assert asked.stderr.endswith(
        ".\nPut `wandb run` in front of a command to make one:\n\n    wandb run python train.py\n"
    )
    assert ask(wandb, "ls", "--json").stdout == "[]\n"


def test_runs_of_a_directory_above_are_pointed_to(
    wandb: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run()
    (tmp_path / "src").mkdir()
    monkeypatch.chdir("src")

    advice = ask(wandb, "ls").stderr.partition("wandb ls ")[2].splitlines()[0].rstrip(".").split()

    assert advice == ["--dir", str(tmp_path)]
    assert "k3v9x2ab" in answer(wandb, "ls", *advice)


def test_wandb_dir_is_where_runs_are_looked_for(wandb: list[str], tmp_path: Path) -> None:
    make_run(folder=tmp_path / "elsewhere/.wandb-wrapper")

    assert "k3v9x2ab" in ask(wandb, "ls", WANDB_DIR="elsewhere").stdout


@pytest.mark.parametrize("content", ["", "{", "[]", "\0" * 200])
@pytest.mark.parametrize("file", ["run.json", "0-0/part.json", "0-0/end.json"])
def test_damaged_file_is_said_once_and_costs_no_other_run(wandb: list[str], file: str, content: str) -> None:
    make_run("aaaaaaaa")
    (make_run("bbbbbbbb") / file).write_text(content)

    asked = ask(wandb, "ls")

    assert {line.split()[1] for line in asked.stdout.splitlines()[1:]} == {"aaaaaaaa", "bbbbbbbb"}
    assert len(asked.stderr.splitlines()) == 1
    assert asked.stderr.startswith(f"wandb: run bbbbbbbb: {Path(file).name} ")
    assert asked.returncode == 0


def test_run_whose_wrapper_was_killed_is_settled_by_who_sees_it(wandb: list[str]) -> None:
    make_run(is_running=True, part={"pid_ticks": 1})

    assert json.loads(answer(wandb, "ls", "--json"))[0]["state"] == "crashed"


def test_what_is_no_run_is_left_out(wandb: list[str]) -> None:
    make_run()
    for name in ("keys", "empty", "-x"):
        Path(".wandb-wrapper", name).mkdir()
    Path(".wandb-wrapper/.gitignore").write_text("*\n")

    assert len(answer(wandb, "ls").splitlines()) == 2


def test_limit_that_is_no_number_is_a_mistake(wandb: list[str]) -> None:
    asked = ask(wandb, "ls", "--limit", "0")

    assert (asked.returncode, asked.stderr) == (2, 'wandb: --limit: "0" is not a whole number from 1 on\n')
