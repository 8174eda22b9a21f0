"""The user's own settings file, as `wandb offline` and its like change it."""

from __future__ import annotations

import os
from collections.abc import Mapping

import click

from wrapper.launch.plain_yaml import Unreadable, read_settings
from wrapper.launch.settings import user_file

HEAD = "# Settings of wandb run in every directory; wandb.yaml and WANDB_* come first.\n"


def write(name: str, value: str, environment: Mapping[str, str]) -> str:
    """Set one value and keep all else, comments too; the path of the file.

    Raises ClickException when there is no place for it, or when what stands there is not understood.
    """
    path = user_file(environment)
    if path is None:
        raise click.ClickException(
            f"there is no home directory to keep settings in; set WANDB_{name.upper()}={value} instead"
        )
    path = os.path.realpath(path)  # A link stays one: people keep such files elsewhere.
    old = read(path)
    replace(path, change(old, name, value, path))
    return path


def read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return HEAD
    except UnicodeDecodeError:
        raise click.ClickException(f"{path} is not UTF-8, so it is left as it is") from None


def change(text: str, name: str, value: str, path: str) -> str:
    """The text with one value set; raises ClickException where that would change more than the one value."""
    before = contents(text, path)
    lines = text.removesuffix("\n").split("\n") if text else []
    if name in before:
        number = before[name][1] - 1
        old, sign, comment = lines[number].partition(" #")
        lines[number] = f"{name}: {value}{old[len(old.rstrip()) :]}{sign}{comment}".rstrip()
    else:
        lines.append(f"{name}: {value}")
    new = "\n".join(lines) + "\n"
    wanted = {key: content for key, (content, _line) in before.items()}
    found = {key: content for key, (content, _line) in contents(new, path).items()}
    if found != {**wanted, name: value}:
        raise click.ClickException(f"{path} is written in a way that is not understood: set `{name}: {value}` in it")
    return new


def contents(text: str, path: str) -> dict[str, tuple[object, int]]:
    try:
        return {key: (value.content, value.line) for key, value in read_settings(text).items()}
    except Unreadable as error:
        raise click.ClickException(f"{path} line {error.line}: {error}; mend it first") from None


def replace(path: str, text: str) -> None:
    """Replace the file whole, so that nobody ever reads half of it."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    beside = f"{path}.{os.getpid()}.new"
    with open(beside, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if os.path.exists(path):
        os.chmod(beside, os.stat(path).st_mode & 0o777)
    os.replace(beside, path)
