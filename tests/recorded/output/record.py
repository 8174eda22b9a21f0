"""Record what each of the programs prints: python tests/recorded/output/record.py"""

import subprocess
import sys
from pathlib import Path

from programs import PROGRAMS

HERE = Path(__file__).parent


def record(name: str) -> None:
    """Keep the bytes that the program wrote to a pipe, and the truth that it wrote to a file."""
    command = [sys.executable, str(HERE / "programs.py"), name, str(HERE)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    (HERE / f"{name}.raw").write_bytes(done.stdout)


if __name__ == "__main__":
    for program in PROGRAMS:
        record(program.__name__)
