"""Adds up the results of several suites, and prints one line: "N passed, N failed"."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree


def main() -> int:
    """Count the files that are named after the first argument; 1 when anything failed or nothing passed.

    The first says how much failed at least, as a suite that could not even start counts nothing.
    """
    paths = [Path(name) for name in sys.argv[2:]]
    counts = [count_junit(path) if path.suffix == ".xml" else count_json(path) for path in paths]
    passed, failed = (sum(column) for column in zip((0, 0), *counts, strict=True))
    failed = max(failed, int(sys.argv[1]))
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0 or passed == 0)


def count_junit(path: Path) -> tuple[int, int]:
    """Passed and failed of what pytest wrote; a fixture that failed counts, a skipped test does not."""
    suite = ElementTree.parse(path).getroot().find("testsuite")
    assert suite is not None, f"{path} holds no testsuite"
    total, failures, errors, skipped = (int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped"))
    return max(total - failures - errors - skipped, 0), failures + errors


def count_json(path: Path) -> tuple[int, int]:
    """Passed and failed of what the transparency suite wrote."""
    results = json.loads(path.read_bytes())
    return results["passed"], results["failed"]


if __name__ == "__main__":
    sys.exit(main())
