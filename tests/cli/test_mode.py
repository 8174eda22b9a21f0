"""`wandb off` and its like change one line of the user's own settings."""

import os
from pathlib import Path

import pytest
from cli.asking import ask

from wrapper.cli.user_file import change


def mine() -> Path:
    return Path(os.environ["HOME"], ".config/wandb-wrapper/settings.yaml")


@pytest.mark.parametrize(
    ("verb", "mode"),
    [
        ("online", "online"),
        ("on", "online"),
        ("enabled", "online"),
        ("offline", "offline"),
        ("disabled", "disabled"),
        ("off", "disabled"),
    ],
)
def test_verb_is_written_down_and_holds(wandb: list[str], verb: str, mode: str) -> None:
    said = ask(wandb, verb)

    assert (said.returncode, said.stdout) == (0, "")
    assert said.stderr.startswith(f"{mode}: ")
    assert mine().read_text().endswith(f"\nmode: {mode}\n")
    assert f"mode        {mode}" in ask(wandb, "status").stdout


def test_command_runs_by_itself_when_off(wandb: list[str]) -> None:
    ask(wandb, "off")

    done = ask(wandb, "run", "sh", "-c", "echo hello; exit 3")

    assert (done.returncode, done.stdout, done.stderr) == (3, "hello\n", "")
    assert not Path(".wandb-wrapper").exists()


def test_what_comes_before_it_is_named(wandb: list[str]) -> None:
    Path("wandb.yaml").write_text("mode: offline\n")

    assert ask(wandb, "off").stderr.splitlines()[1:] == [
        "Here it is offline all the same, because wandb.yaml line 1 says so."
    ]
    assert "because WANDB_MODE says so" in ask(wandb, "off", WANDB_MODE="online").stderr


def test_link_stays_a_link_and_its_file_keeps_its_mode(wandb: list[str], tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.yaml"
    kept.write_text("mode: offline\n")
    kept.chmod(0o640)
    mine().parent.mkdir(parents=True)
    mine().symlink_to(kept)

    ask(wandb, "off")

    assert mine().is_symlink()
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == ("mode: disabled\n", 0o640)
    assert [path.name for path in tmp_path.iterdir()] == ["dotfiles.yaml"]


def test_without_a_home_there_is_advice(wandb: list[str]) -> None:
    said = ask(wandb, "off", HOME="")

    assert said.returncode == 1
    assert said.stderr == ("wandb: there is no home directory to keep settings in; set WANDB_MODE=disabled instead\n")


def test_home_that_cannot_be_written_is_told_in_a_line(wandb: list[str]) -> None:
    said = ask(wandb, "off", HOME="/proc/nowhere")

    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("wandb: /proc/nowhere")
    assert len(said.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("", "mode: offline\n"),
        ("# mine\nproject: a\n", "# mine\nproject: a\nmode: offline\n"),
        ("project: a", "project: a\nmode: offline\n"),
        ("mode: online  # at home\nproject: a\n", "mode: offline  # at home\nproject: a\n"),
        ("mode: 'online'\n\n# end\n", "mode: offline\n\n# end\n"),
        ("tags:\n  - a\nmode:\nlive: yes\n", "tags:\n  - a\nmode: offline\nlive: yes\n"),
        ("mode: >\n  online\n", None),
        ("{mode: online, live: yes}\n", None),
        ("mode: [\n", None),
    ],
)
def test_one_value_is_changed_and_all_else_kept(text: str, new: str | None) -> None:
    import click

    if new is None:
        with pytest.raises(click.ClickException):
            change(text, "mode", "offline", "settings.yaml")
    else:
        assert change(text, "mode", "offline", "settings.yaml") == new
