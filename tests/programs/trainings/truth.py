"""What a training printed, as the training itself knows it: one JSON list beside it, written when it ends.

Each row has what a reader of the output could know: the step and the epoch, where they are shown, and the values,
spelled as they are printed. `maybe` has what is shown as well and need not be kept: times, and a bar that is
drawn again before it is done. A step may be a list of which each is right: the step of the epoch, and that of the
whole training.
"""

import atexit
import json
import sys
from pathlib import Path
from typing import Any

_rows: list[dict[str, Any]] = []


def printed(values: dict[str, str], step: Any = None, epoch: float | None = None, **maybe: str) -> None:
    """These values are shown, and keyword arguments may be kept with them."""
    _rows.append({"step": step, "epoch": epoch, "values": values, "maybe": maybe})


def drawn(maybe: dict[str, str], step: Any = None, epoch: float | None = None) -> None:
    """These values may be seen for a moment."""
    _rows.append({"step": step, "epoch": epoch, "values": {}, "maybe": maybe})


def _write() -> None:
    Path(sys.argv[1]).write_text(json.dumps(_rows))


atexit.register(_write)
