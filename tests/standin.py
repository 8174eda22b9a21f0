"""A library that answers for NVIDIA's where there is none: built from tests/programs/nvml, its answers in a file."""

import os
import subprocess
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs" / "nvml"
RECORDED = PROGRAMS / "h100.txt"


def build_library(folder: Path) -> None:
    """Put it where LD_LIBRARY_PATH=folder finds it."""
    argv = ["cc", "-shared", "-fPIC", "-O1", "-o", str(folder / "libnvidia-ml.so.1"), str(PROGRAMS / "nvml.c")]
    subprocess.run(argv, check=True)


class StandIn:
    """What the library answers: the recorded lines, after those that are put before them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._answers = folder / "answers"
        self._first: list[str] = []
        self._written = 0
        self.say()

    def variables(self) -> dict[str, str]:
        return {"LD_LIBRARY_PATH": str(self.folder), "NVML_ANSWERS": str(self._answers)}

    def say(self, *lines: str) -> None:
        """From now on, these lines come first."""
        self._first = [*lines, *self._first]
        self._written += 1
        new = self._answers.with_suffix(".new")
        new.write_text("\n".join([*self._first, RECORDED.read_text()]))
        os.utime(new, (self._written, self._written))  # Another time than before, however quick the test is.
        new.replace(self._answers)
