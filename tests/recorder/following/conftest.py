from collections.abc import Iterator
from pathlib import Path

import pytest
from following import Run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A run in an empty directory, whose command and reader are gone afterwards."""
    monkeypatch.chdir(tmp_path)
    directory = tmp_path / "work"
    directory.mkdir()
    made = Run(directory, directory / ".wandb-wrapper" / "run1" / "0-0")
    yield made
    if made.command is not None:
        made.command.kill()
        made.command.communicate()
    made.kill_reader()
