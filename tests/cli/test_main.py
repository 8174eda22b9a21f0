"""`wandb` finds the command that was asked for, and says what is wrong in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli.asking import answer, ask, look_at
from cli.runs import make_run

from wrapper.cli.main import VERBS

ROOT = Path(__file__).parent.parent.parent
OFFICIAL = """\
def cli():
    import os, sys
    print("official", *sys.argv, os.getcwd() in sys.path)
    return 7
"""


def test_version(wandb: list[str]) -> None:
    assert answer(wandb, "--version").startswith("wandb-wrapper ")


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_help_lists_every_verb_with_what_it_does(wandb: list[str], words: list[str]) -> None:
    text = answer(wandb, *words)

    listed = dict(line.split(maxsplit=1) for line in text.partition("Commands:\n")[2].partition("\n\n")[0].splitlines())
    assert listed.keys() == VERBS.keys() - {"enabled"}
    assert not any(text.endswith("...") for text in listed.values())


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_is_worth_reading(wandb: list[str], verb: str) -> None:
    text = answer(wandb, verb, "--help")

    assert text == answer(wandb, "help", verb)
    assert text.startswith(f"Usage: wandb {verb}")
    assert text.endswith("Show this message and exit.\n")
    assert max(map(len, text.splitlines())) <= 80


def test_help_is_as_wide_as_the_terminal_up_to_what_reads_well(wandb: list[str]) -> None:
    narrow, wide = (look_at(wandb, "run", "--help", columns=columns) for columns in (60, 200))

    assert max(map(len, narrow.splitlines())) <= 69  # Examples are not wrapped.
    assert 90 < max(map(len, wide.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["lss"], "there is no command lss; did you mean ls?"),
        (["shwo", "latest"], "there is no command shwo; did you mean show?"),
        (["train.py"], "there is no command train.py; wandb --help lists the commands"),
        (["--jsn"], "wandb has no option --jsn; wandb --help lists them"),
        (["ls", "--jsn"], "wandb ls has no option --jsn; did you mean --json?"),
        (["ls", "--state", "dead"], "--state: 'dead' is not one of"),
        (["show"], "wandb show needs RUN: wandb show [OPTIONS] RUN"),
        (["output", "a", "b"], "got unexpected extra argument (b)"),
        (["run", "--projet", "x", "true"], "run has no option --projet; did you mean --project?"),
        (["run"], "there is no command to run"),
        (["completion", "tcsh"], "SHELL: 'tcsh' is not one of"),
    ],
)
def test_mistake_is_told_in_a_line(wandb: list[str], words: list[str], says: str) -> None:
    asked = ask(wandb, *words)

    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr.startswith(f"wandb: {says}")


def test_file_in_place_of_the_folder_has_no_runs(wandb: list[str]) -> None:
    Path(".wandb-wrapper").write_text("not a folder")

    assert ask(wandb, "ls").stderr.startswith("No runs are kept in .wandb-wrapper yet")
    assert ask(wandb, "show", "x").stderr.startswith('wandb: there is no run "x"')


def install_official(site: Path) -> None:
    """A stand-in for the official client, which is 100 MB: its metadata, and the command that they name."""
    (site / "wandb/cli").mkdir(parents=True)
    (site / "wandb/__init__.py").touch()
    (site / "wandb/cli/__init__.py").touch()
    (site / "wandb/cli/cli.py").write_text(OFFICIAL)
    (site / "wandb-0.31.0.dist-info").mkdir()
    (site / "wandb-0.31.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: wandb\nVersion: 0.31.0\n")
    (site / "wandb-0.31.0.dist-info/entry_points.txt").write_text("[console_scripts]\nwandb = wandb.cli.cli:cli\n")


def test_verb_that_is_not_ours_is_handed_to_the_official_client(tmp_path_factory: pytest.TempPathFactory) -> None:
    site = tmp_path_factory.mktemp("site")
    install_official(site)
    Path("wandb").mkdir()  # Where the official client keeps its runs.
    Path("wandb.py").write_text("raise SystemExit('not the official client')")
    program = "import sys; from wrapper.cli.main import main; sys.exit(main(sys.argv[1:]))"

    done = subprocess.run(
        [sys.executable, "-c", program, "sweep", "--project", "a b", "x.yaml"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{site}"},
    )

    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout == "official wandb sweep --project a b x.yaml False\n"


def test_our_verbs_stay_ours_beside_the_official_client(tmp_path_factory: pytest.TempPathFactory) -> None:
    site = tmp_path_factory.mktemp("site")
    install_official(site)
    make_run()
    program = "import sys; from wrapper.cli.main import main; sys.exit(main(sys.argv[1:]))"

    done = subprocess.run(
        [sys.executable, "-c", program, "ls"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{site}"},
    )

    assert "k3v9x2ab" in done.stdout


def test_closed_output_is_no_error(wandb: list[str]) -> None:
    make_run()

    asked = ask(["sh", "-c", '"$@" >&-', "sh", *wandb, "ls"])

    assert (asked.returncode, asked.stderr) == (0, "")


def test_directory_that_was_removed_is_told_in_a_line(wandb: list[str]) -> None:
    asked = ask(["sh", "-c", 'mkdir x; cd x; rmdir ../x; "$@"', "sh", *wandb, "ls"])

    assert asked.returncode == 1
    assert asked.stderr.endswith("wandb: the directory that you are in has been removed; go to another\n")


def test_listing_loads_nothing_that_it_does_not_need() -> None:
    make_run()
    program = "import sys; from wrapper.cli.main import main; main(['ls']); print(*sys.modules, file=sys.stderr)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    slow = {
        "yaml",
        "difflib",
        "importlib.metadata",
        "requests",
        "git",
        "psutil",
        "wrapper.text.screen",
        "wrapper.cli.show",
    }
    assert "wrapper.cli.ls" in done.stderr.split()
    assert not slow & set(done.stderr.split())
