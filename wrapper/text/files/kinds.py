"""What kind of file it is: by its name, and by how it begins. What may be data, or results, is no log."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from wrapper.text.files.columns import STEP_RANK, know_columns, plain
from wrapper.text.files.csv_log import CsvLog, read_cell, read_header, split_cells
from wrapper.text.files.facts import Fact, as_count
from wrapper.text.files.json_log import keep_numbers, read_object

HEAD_BYTES = 64 << 10
MOST_ROWS = 50
SUFFIXES = frozenset((".csv", ".tsv", ".txt", ".dat", ".log", ".json", ".jsonl", ".ndjson"))
RESULTS = frozenset(f"{name}_results.json" for name in ("all", "train", "eval", "test", "predict"))
HYDRA = {"config.yaml": "hydra", "overrides.yaml": "hydra overrides", "hydra.yaml": "hydra job"}
HPARAMS = frozenset(("hparams.yaml", "args.yaml"))  # Lightning's and YOLO's
LOG_NAMES = re.compile(
    r"(^|[._\-\d])(logs?|metrics?|history|progress|monitor|scalars|stats|results|losses|loss|training|train_?log)([._\-\d]|$)"
)
MOST_TEXT = 200  # of a text in a log; what is longer is somebody's sentence


@dataclass(frozen=True)
class Verdict:
    """The kind of a file, None when it is none of ours; `is_open` when there is too little of it to tell."""

    kind: str | None
    is_open: bool = False


NO, LATER = Verdict(None), Verdict(None, is_open=True)


def kind_by_name(path: str) -> str | None:
    """What the name alone tells: a kind, "text" for what its content has to tell, None for no file of ours."""
    folder, _, name = path.rpartition("/")
    if ".tfevents." in name:
        return "tensorboard"
    if folder.endswith(".hydra") or folder == ".hydra":
        return HYDRA.get(name)
    if name in HPARAMS:
        return "hparams"
    if name == "trainer_state.json":
        return "trainer_state"
    if name in RESULTS:
        return "results"
    return "text" if name[name.rfind(".") :].lower() in SUFFIXES else None


def kind_by_head(path: str, head: bytes, is_whole: bool) -> Verdict:
    """What the first bytes of a file of text tell. `is_whole` when there is nothing more to come."""
    hole = head.find(b"\0")  # Bytes from another machine may come later than the length of their file.
    head = head if hole < 0 else head[:hole]
    lines = head[: head.rfind(b"\n") + 1].decode("utf-8", "replace").removeprefix("\ufeff").splitlines()
    lines = [line for line in lines[: MOST_ROWS + 2] if line.strip()]
    if not lines:
        return NO if is_whole or len(head) >= HEAD_BYTES else LATER
    stem = path.rpartition("/")[2].lower()
    is_log = LOG_NAMES.search(stem) is not None
    if lines[0].startswith("{"):
        return judge_objects(lines, is_log, is_whole)
    if stem.endswith(".json"):
        return NO
    return judge_table(lines, is_log, is_whole)


def kind_of_known(head: bytes) -> str:
    """The kind of a file of text that was found to be a log before."""
    return "json" if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") else "csv"


def judge_objects(lines: list[str], is_log: bool, is_whole: bool) -> Verdict:
    """Whether lines of JSON are a log."""
    objects = [read_object(line) for line in lines]
    if objects[0] is None or sum(value is None for value in objects) > len(objects) // 2:
        return NO
    rows = []
    for values in objects:
        if values is None or not has_step(values):
            continue
        columns = know_columns(tuple(values))
        texts = [value for value in values.values() if isinstance(value, str)]
        if any(len(text) > MOST_TEXT for text in texts) or (columns.speaks_of_things and not is_log):
            return NO
        counters = (columns.step, columns.epoch)
        numbers = [name for name in keep_numbers(values, columns.split) if name not in (*counters, columns.time)]
        if not numbers or len(texts) > len(numbers) + 3:
            return NO
        rows.append((tuple(as_count(values.get(name)) for name in counters if name), values.get(columns.split or "")))
    if not rows:
        return LATER if len(lines) < 3 else NO
    return judge_counters(rows, "json", is_log, is_whole)


def has_step(values: dict[str, object]) -> bool:
    columns = know_columns(tuple(values))
    return columns.has_counter or (columns.step is not None and plain(columns.step) in STEP_RANK)


def judge_table(lines: list[str], is_log: bool, is_whole: bool) -> Verdict:
    """Whether a header and what is below it are a log."""
    is_monitor = lines[0].startswith("#{") and lines[0].find('"t_start"') > 0
    header = read_header(lines[1 if is_monitor and len(lines) > 1 else 0])
    if header is None:
        return LATER if is_monitor and len(lines) == 1 else NO
    names, separator = header
    columns = know_columns(names)
    is_known = is_monitor or (is_log and columns.time is not None)
    if not (columns.has_counter or is_known) or (columns.speaks_of_things and not is_monitor):
        return NO
    facts = read_rows(lines)
    if not facts:
        return LATER if len(lines) < MOST_ROWS else NO
    if is_monitor:
        return Verdict("csv")
    texts = [cell for line in lines[-3:] for cell in split_cells(line, separator) if is_sentence(cell, separator)]
    if texts or (len(names) > 3 and count_words(lines[1:], names, separator) > len(names) // 2):
        return NO
    counters = [(tuple(count for count in (fact.step, fact.epoch) if count is not None), None) for fact in facts]
    if columns.step is None and columns.epoch is not None and columns.split is None and not is_log:
        epochs = [fact.epoch for fact in facts]
        if len(set(epochs)) < len(epochs):
            return NO  # Several lines of one epoch: of single things.
    return judge_counters(counters, "csv", is_log, is_whole)


def read_rows(lines: list[str]) -> list[Fact]:
    """The rows of a table, as they would be read."""
    log = CsvLog()
    return [fact for line in lines for fact in log.read(line) if fact.row]


def is_sentence(cell: str, separator: str) -> bool:
    return len(cell) > MOST_TEXT and read_cell(cell, separator) is None


def count_words(lines: list[str], names: tuple[str, ...], separator: str) -> int:
    """How many cells of the first whole line hold something that is no number."""
    for line in lines:
        cells = split_cells(line, separator)
        if len(cells) == len(names) and tuple(cells) != names:
            return sum(bool(cell) and read_cell(cell, separator) is None for cell in cells)
    return 0


def judge_counters(
    rows: Sequence[tuple[tuple[object, ...], object]], kind: str, is_log: bool, is_whole: bool
) -> Verdict:
    """Whether the counters go on as those of a log do. One row of a file that may be anything is too little."""
    if is_log:
        return Verdict(kind)
    if len(rows) < 2:
        return NO if is_whole else LATER
    falls = sum(is_back(before, after) for (before, _), (after, _) in pairwise(rows))
    stays = sum(before == after for before, after in pairwise(rows))
    return Verdict(kind) if falls <= len(rows) // 10 and stays <= len(rows) // 2 else NO


def is_back(before: tuple[object, ...], after: tuple[object, ...]) -> bool:
    """Whether all counters of a row are lower than in the one before it."""
    pairs = [
        (a, b)
        for a, b in zip(before, after, strict=False)
        if isinstance(a, (int, float)) and isinstance(b, (int, float))
    ]
    return bool(pairs) and all(b < a for a, b in pairs)
