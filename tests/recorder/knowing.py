"""A command that lives for as long as the recorder has to look at it."""

import subprocess
from pathlib import Path

from kept import has_part, only_part
from waiting import wait_until

from wrapper.recorder.sources.environment import ALL


def run_until_known(wandb: list[str], *command: object, directory: Path | str = ".") -> None:
    """Run a command until its environment is known in that directory; it ends well when its input does."""

    def is_known() -> bool:
        return has_part(directory) and any(
            record["upto"] == ALL for record in only_part(directory).records("environment")
        )

    with subprocess.Popen([*wandb, "run", *map(str, command)], stdin=subprocess.PIPE) as run:
        wait_until(is_known, 60)
    assert run.returncode == 0
