"""The screen shows what a real terminal shows: tmux is given the same bytes, and asked what stands on it.

Where another corpus of recordings is at hand, `CORPUS=FOLDER pytest tests/text` goes through that as well:
folders FRAMEWORK/CASE with `output.raw`, and `expected.json` that says `tty` and `cols`.
"""

import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from wrapper.text.screen import Screen

RECORDED = Path(__file__).parent.parent / "recorded" / "terminal"
USUAL_ROWS = 40

# Here tmux still joins rows when the second was written over from its beginning, and we do not.
WRITES_OVER_WHAT_WRAPPED = {"tqdm_too_wide.40x12", "keras_bar.80x24", "fasttext/supervised"}


class Recording(NamedTuple):
    name: str
    path: Path
    columns: int
    rows: int


def recordings() -> list[Recording]:
    found = []
    for path in sorted(RECORDED.glob("*.raw")):
        columns, rows = path.stem.rpartition(".")[2].split("x")
        found.append(Recording(path.stem, path, int(columns), int(rows)))
    if corpus := os.environ.get("CORPUS"):
        found += [recording for path in sorted(Path(corpus).glob("*/*")) if (recording := corpus_case(path))]
    return found


def corpus_case(folder: Path) -> Recording | None:
    facts = folder / "expected.json"
    if not facts.exists() or not (expected := json.loads(facts.read_text()))["tty"]:
        return None
    size = re.search(r"pty \d+x(\d+)", (folder / "source.txt").read_text())
    name = f"{folder.parent.name}/{folder.name}"
    return Recording(name, folder / "output.raw", expected["cols"], int(size[1]) if size else USUAL_ROWS)


def seen(data: bytes, columns: int, rows: int) -> tuple[list[str], list[str]]:
    """The rows, and the lines, that our screen has in the end."""
    screen = Screen(columns, rows)
    lines = [*screen.feed(data), *screen.finish()]
    return without_empty_end([row for line in lines for row in line.rows()]), without_empty_end(
        [line.text for line in lines]
    )


def without_empty_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


def test_there_are_recordings():
    assert len(recordings()) >= 20


@pytest.mark.parametrize("recording", recordings(), ids=lambda recording: recording.name)
def test_recording_looks_as_in_tmux(tmux, recording):
    data = recording.path.read_bytes()

    shown = tmux.show(data, recording.columns, recording.rows)
    rows, lines = seen(data, recording.columns, recording.rows)

    assert rows == shown.rows
    if recording.name in WRITES_OVER_WHAT_WRAPPED:
        assert len(lines) > len(shown.lines)
    else:
        assert lines == shown.lines


@pytest.mark.parametrize("recording", recordings(), ids=lambda recording: recording.name)
def test_recording_looks_as_in_tmux_in_a_small_window(tmux, recording):
    data = recording.path.read_bytes()

    shown = tmux.show(data, 31, 7)
    rows, _lines = seen(data, 31, 7)

    assert rows == shown.rows


@pytest.mark.parametrize("seed", range(40))
def test_random_drawing_looks_as_in_tmux(tmux, seed):
    data = "".join(random_drawing(random.Random(seed), 300)).encode()

    shown = tmux.show(data, 20, 6)
    rows, _lines = seen(data, 20, 6)

    # Of a row that was only skipped over, tmux does not always keep that there was one.
    assert list(filter(None, rows)) == list(filter(None, shown.rows))


def random_drawing(dice: random.Random, steps: int) -> Iterator[str]:
    """What a program could do on 20 columns and 6 rows, short of that in which tmux goes its own way.

    That is: moving on from behind the last column, inserting more than half a row, scrolling outside the
    margins, and taking back more than was written.
    """
    for _ in range(steps):
        word = "".join(dice.choice("abcdefghij ") for _ in range(dice.randint(1, 26)))
        count, row, column = dice.randint(1, 7), dice.randint(1, 8), dice.randint(1, 24)
        top = dice.randint(1, 3)
        bottom = top + dice.randint(1, 3)
        inside = f"\x1b[{top};{bottom}r\x1b[?6l\x1b[{dice.randint(top, bottom)};{min(column, 20)}H"
        yield dice.choice(
            [
                *[word, f"\x1b[31m{word}\x1b[0m", f"{word}\r\n", f"\r{word}", "\r\n", "\n", f"\r{word[:9]}\x1b[K"],
                *[f"\r{word[:15]}" + "\b" * min(count, len(word[:15])), f"\r\x1b[{column}C", "\r\t"],
                *[f"\x1b[{dice.choice('012')}K", f"\x1b[{dice.choice('0122')}J", f"\x1b[{column}X"],
                *[f"\x1b[{count}A", f"\x1b[{count}B", f"\x1b[{count}E", f"\x1b[{count}F"],
                *[f"\x1b[{row};{column}H", f"\x1b[{column}G", f"\x1b[{row}d", "\x1b[H\x1b[J"],
                *["abc\r\x1b[C\x1b[@", f"abcdefg\r\x1b[2C\x1b[{count}P", "abcdefg\r\x1b[2C\x1b[4hxy\x1b[4l"],
                *[f"{inside}\x1b[{count}L", f"{inside}\x1b[{count}M\x1b[r", f"\x1b[{count}S", f"\x1b[{count}T"],
                *[f"\x1b[{count};{row}r", "\x1b[r", "\x1bM", "\x1bD", "\x1bE", "\x0b", "\x0c", "\x1b7", "\x1b8"],
                *["\x1b[?1049h", "\x1b[?1049l", "\x1b[?1049l", "\x1b[?47l", "x\x1b[5b", "\x1bH", "\x1b[3g"],
                *[f"\r\x1b[?7l{word}\r\x1b[?7h", "\x1b[?6h", "\x1b[?6l", "\x1b[?47l\x1b[?6l\x1b7\x1bc"],
            ]
        )
    yield "\x1b[?1049l"
