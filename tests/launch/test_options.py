"""What stands between `wandb run` and the command is ours; all that follows is the command's."""

import pytest

from wrapper.launch.options import OPTIONS, UsageError, distance, nearest, parse_run


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["train"], ["train"]),
        (["--", "train"], ["train"]),
        (["train", "--", "x"], ["train", "--", "x"]),
        (["--quiet", "train", "--help", "-q"], ["train", "--help", "-q"]),
        (["--name", "a", "--", "--name", "b"], ["--name", "b"]),
        (["--name=", "train"], ["train"]),
        (["-", "x"], ["-", "x"]),
        (["", "x"], ["", "x"]),
        (["--notes", "- first", "train"], ["train"]),
        (["\udcff", "--mode"], ["\udcff", "--mode"]),
    ],
)
def test_command_begins_at_the_first_word_that_is_no_option(words: list[str], command: list[str]) -> None:
    assert parse_run(words).command == command


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["--project", "mnist"], "project", "mnist"),
        (["--project=mnist=2"], "project", "mnist=2"),
        (["--project="], "project", ""),
        (["--name", "a", "--name", "b"], "name", "b"),
        (["--id", "k3v9.x-2_A"], "id", "k3v9.x-2_A"),
        (["--job-type", "train"], "job_type", "train"),
        (["--tag", "a", "--tags", "b, c,", "--tag=d,e"], "tags", ["a", "b", "c", "d,e"]),
        (["--mode", "dryrun"], "mode", "dryrun"),
        (["--offline"], "mode", "offline"),
        (["--offline", "--mode=online"], "mode", "online"),
        (["--resume", "auto"], "resume", "auto"),
        (["--pty", "--no-pty"], "pty", False),
        (["--live"], "live", True),
        (["--own-output"], "own_output", True),
        (["-q"], "silent", True),
        (["--metric", "loss: {loss}", "--metric=/(?P<a>1)/"], "metrics", ["loss: {loss}", "/(?P<a>1)/"]),
        (["--ignore", "lr", "--ignore=a b"], "ignore", ["lr", "a b"]),
        (["--no-parse"], "parse", False),
        ([], "pty", None),
        ([], "tags", None),
    ],
)
def test_option_is_taken(words: list[str], name: str, value: object) -> None:
    assert getattr(parse_run([*words, "train"]), name) == value


def test_flag_is_remembered_as_it_was_written() -> None:
    assert parse_run(["--offline", "-q", "--tags=a", "train"]).given == {
        "mode": "--offline",
        "silent": "-q",
        "tags": "--tags",
    }


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--projet", "x", "train"], "run has no option --projet; did you mean --project?"),
        (["--proj=x", "train"], "run has no option --proj; did you mean --project?"),
        (["--lr", "1", "train"], "run has no option --lr; the command's own options stand after the command"),
        (["-m", "train"], "run has no option -m; the command's own options stand after the command"),
        (["--name"], "--name needs a value: --name NAME"),
        (["--name", "--project", "x", "train"], "--name needs a value: --name NAME"),
        (["--name", "--", "train"], "--name needs a value: --name NAME"),
        (["--mode", "of", "train"], '--mode is one of online, offline, dryrun, disabled, and not "of"'),
        (["--resume=", "train"], '--resume is one of allow, must, never, auto, and not ""'),
        (["--pty=yes", "train"], "--pty takes no value"),
        (["--dir=", "train"], "--dir: an empty word is no directory"),
        (["--metric", "a\t{a", "train"], '--metric: "{" without its other half\n  a {a\n    ^'),
    ],
)
def test_mistake_is_named(words: list[str], says: str) -> None:
    with pytest.raises(UsageError) as mistake:
        parse_run(words)

    assert str(mistake.value) == says


@pytest.mark.parametrize(
    "text", ["", "../x", ".x", "-x", "a b", "a/b", "ä", "x" * 65, "keys", "archives", "saved", "latest"]
)
def test_id_that_can_name_no_directory_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be an id"):
        parse_run([f"--id={text}", "train"])


@pytest.mark.parametrize("words", [[], ["--"], ["--quiet"], ["--name", "x", "--"]])
def test_no_command_is_answered_with_the_usage(words: list[str]) -> None:
    with pytest.raises(UsageError, match="no command to run\nusage: wandb run"):
        parse_run(words)


@pytest.mark.parametrize("words", [["--help"], ["-h", "train"], ["--quiet", "--help", "--wrong"]])
def test_help_needs_no_command(words: list[str]) -> None:
    assert parse_run(words).help


def test_every_flag_stands_for_one_thing() -> None:
    flags = [flag for option in OPTIONS for flag in option.flags]

    assert len(flags) == len(set(flags))
    assert {option.sets for option in OPTIONS} <= set(vars(parse_run(["train"])))


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("abc", "acb", 1), ("abc", "abd", 1), ("ab", "xaby", 2)],
)
def test_distance(one: str, other: str, steps: int) -> None:
    assert distance(one, other) == distance(other, one) == steps


@pytest.mark.parametrize(
    ("word", "meant"),
    [("--nmae", "--name"), ("--pro", "--project"), ("--n", None), ("--xyz", None), ("--", None), ("", None)],
)
def test_nearest(word: str, meant: str | None) -> None:
    assert nearest(word, ["--name", "--notes", "--project"]) == meant
