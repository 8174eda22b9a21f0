"""What came of a run: its metrics, results, configuration and progress, as objects and as lines."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from wrapper.cli import look, words
from wrapper.cli.drawing import bar, sparkline
from wrapper.cli.numbers import number, spell
from wrapper.cli.tables import plain
from wrapper.rundir.history import MOST_NAMES, History
from wrapper.rundir.metrics import Metric
from wrapper.rundir.nested import flatten
from wrapper.rundir.progress import Pace
from wrapper.rundir.series import Point

INDENT = "    "
WIDE_FROM = 110
LEAST_COURSE, WIDE_COURSE = 8, 24
LONGEST_VALUE = 20
FINGERPRINT = 12
DEEPEST = 20
SHORTEST_NAME, LONGEST_NAME, WIDE_NAME = 12, 18, 32
BAR_COLUMNS = 24
MOST_METRICS, MOST_CONFIG = 30, 20
NOT_ON_TERMINAL = 100  # columns, where nobody says how many there are


def in_full(history: History, has_ended: bool, now: float | None = None) -> dict[str, Any]:
    """All of it for `--json`."""
    metrics = history.metrics(has_ended)
    return {
        "config": history.config(),
        "summary": summary(metrics, history),
        "metrics": {name: as_object(metric) for name, metric in metrics.items()},
        "progress": progress_as_object(history, has_ended, now or time.time()),
        "data": [fact for part in history.in_order() for fact in part.data],
        "skipped_lines": sum(part.skipped_lines for part in history.in_order()),
    }


def summary(metrics: dict[str, Metric], history: History) -> dict[str, Any]:
    """One value for each name: what was said to be it, else what `$define` asks for, else the last."""
    chosen = {name: value for name, metric in metrics.items() if (value := metric.chosen()) is not None}
    return {**chosen, **flatten(history.summary())}


def as_object(metric: Metric) -> dict[str, Any]:
    points = {"first": metric.first, "last": metric.last, "min": metric.min, "max": metric.max}
    return {
        "source": metric.origin.source.replace("parsed", "output"),
        "rank": metric.origin.rank,
        "count": metric.count,
        "is_result": metric.is_result,
        **{key: point_as_object(metric, point) for key, point in points.items()},
        "mean": metric.mean if metric.min else None,
    }


def point_as_object(metric: Metric, point: Point | None) -> dict[str, Any] | None:
    if point is None:
        return None
    row = point.row
    return {"value": point.value, "step": metric.step_at(point), "epoch": row.epoch, "at": row.at}


def progress_as_object(history: History, has_ended: bool, now: float) -> dict[str, Any] | None:
    pace = history.latest.pace if history.latest else None
    if pace is None or pace.now is None:
        return None
    said = pace.now
    left_s = None if has_ended else pace.left_s(now)
    return {"done": said.done, "total": said.total, "unit": said.unit, "fraction": said.fraction, "left_s": left_s}


def progress_text(pace: Pace, has_ended: bool, now: float) -> str:
    """A bar, how far it is and how long it still takes; "" when nobody knows, and when all is done."""
    said = pace.now
    if said is None or (has_ended and said.done >= said.total):
        return ""
    done, rest = bar(said.fraction, BAR_COLUMNS)
    unit = said.unit if said.total == 1 else f"{said.unit}s"
    text = f"{count(said.done)} of {count(said.total)} {unit}"
    left_s = None if has_ended else pace.left_s(now)
    if left_s is not None:
        text += f", about {words.duration(left_s)} left" if left_s >= 1 else ", nearly done"
    return f"{look.coloured(done, 'cyan')}{look.dim(rest)}  {text}"


def count(amount: float) -> str:
    """Whole things whole, half epochs as 2.5."""
    return f"{int(amount):,}" if float(amount).is_integer() else f"{amount:,.1f}"


def warnings(history: History) -> list[str]:
    """What is missing of the metrics, and what the command itself wants to be known."""
    parts = history.in_order()
    found = [alert_text(alert) for part in parts for alert in part.alerts]
    if lines := sum(part.skipped_lines for part in parts):
        size = words.size(sum(part.skipped_bytes for part in parts))
        found.append(f"{lines:,} lines of output ({size}) were not searched for metrics: they came too fast")
    if any(track.left_out for part in parts for track in part.tracks.values()):
        found.append(f"metrics are left out, because there are more than {MOST_NAMES:,} names")
    return found


def alert_text(alert: Any) -> str:
    """title: text, of an alert as the metrics file has it."""
    facts = alert if isinstance(alert, dict) else {"title": alert}
    return ": ".join(str(facts[key]) for key in ("title", "text") if facts.get(key))


def said(history: History) -> dict[str, Any]:
    """What the command itself said while it ran: tags, notes, and how many pictures and the like."""
    parts = history.in_order()
    media: Counter[str] = sum((part.media for part in parts), Counter())
    return {
        "tags": [tag for part in parts for tag in part.tags],
        "notes": [line for part in parts for note in part.notes for line in note.splitlines()],
        "media": words.visible(", ".join(f"{amount:,} {kind}" for kind, amount in media.items())),
    }


def page(history: History, has_ended: bool, run_id: str, is_all: bool) -> list[str]:
    """What follows the facts of `wandb show`: each section with an empty line before it."""
    data = data_lines(fact for part in history.in_order() for fact in part.data)
    sections = [
        section("config", config_lines(history.config()), None if is_all else MOST_CONFIG, run_id),
        section("data", data, None, run_id),
    ]
    lines = [line for lines in sections if lines for line in ("", *lines)]
    return lines + outcome(history, has_ended, run_id, is_all)


def outcome(history: History, has_ended: bool, run_id: str, is_all: bool = False) -> list[str]:
    """The metrics and the results, each with an empty line before it."""
    metrics = [metric for metric in history.metrics(has_ended).values() if is_all or is_shown(metric)]
    series = [metric for metric in metrics if not metric.is_result]
    sections = [
        metrics_section(series, None if is_all else MOST_METRICS, run_id),
        section("results", result_lines(metrics, history), None if is_all else MOST_METRICS, run_id),
    ]
    return [line for lines in sections if lines for line in ("", *lines)]


def is_shown(metric: Metric) -> bool:
    """Whether it is for people: names that begin with _ are W&B's own."""
    return not metric.definition.is_hidden and not metric.name.startswith("_")


def section(head: str, lines: list[str], most: int | None, run_id: str) -> list[str]:
    """The lines under a head, with what is more than `most` in number only; nothing when there are none."""
    if not lines:
        return []
    return [look.dim(f"  {head}"), *lines[:most], *the_rest(len(lines), most, run_id)]


def the_rest(there: int, most: int | None, run_id: str) -> list[str]:
    if most is None or there <= most:
        return []
    return [look.dim(f"{INDENT}… {there - most:,} more: wandb show {run_id} --all")]


def page_width() -> int:
    return look.terminal_width() if look.is_narrow() else NOT_ON_TERMINAL


def metrics_section(metrics: Sequence[Metric], most: int | None, run_id: str) -> list[str]:
    if not metrics:
        return []
    return [*metric_table(metrics[:most], page_width()), *the_rest(len(metrics), most, run_id)]


def metric_table(metrics: Sequence[Metric], columns: int, head: str = "metrics") -> list[str]:
    """Name, course, and values of each, under a line of heads; no wider than `columns`."""
    by = place_name(metrics)
    names = [words.visible(metric.name) for metric in metrics]
    longest = WIDE_NAME if columns >= WIDE_FROM else LONGEST_NAME
    name_columns = max(SHORTEST_NAME, min(longest, max(map(look.width, names))))
    rows = [heads(metrics, by, columns), *(cells(metric, metrics, by, columns) for metric in metrics)]
    widths = [max(map(look.width, column)) for column in zip(*rows, strict=True)]
    room = columns - len(INDENT) - name_columns - 2
    while len(widths) > 1 and sum(widths) + 2 * len(widths) + (LEAST_COURSE if len(widths) > 2 else 0) > room:
        widths.pop()
    longest_course = max(LEAST_COURSE, *(len(metric.course) for metric in metrics))
    course_columns = max(0, min(WIDE_COURSE, longest_course, room - sum(widths) - 2 * len(widths)))
    first = look.pad(f"  {head}", len(INDENT) + name_columns + 2 + course_columns)
    lines = [look.dim(first + "".join(right_aligned(rows[0], widths)))]
    for metric, name, row in zip(metrics, names, rows[1:], strict=True):
        course = look.pad(sparkline(metric.course, course_columns) if metric.count > 1 else "", course_columns)
        values = right_aligned(row, widths)
        if (chosen := chosen_cell(metric, rows[0])) < len(values):
            values[chosen] = look.bold(values[chosen])
        start = f"{INDENT}{look.pad(look.cut(name, name_columns), name_columns)}  {look.coloured(course, 'cyan')}"
        lines.append((start + "".join(values)).rstrip())
    return lines


def place_name(metrics: Sequence[Metric]) -> str:
    """What counts the way here: steps, or epochs where there is nothing else; "" when nothing does."""
    points = [metric.last for metric in metrics if metric.last]
    if any(point.row.step is not None for point in points):
        return "step"
    return "epoch" if any(point.row.epoch is not None for point in points) else ""


def heads(metrics: Sequence[Metric], by: str, columns: int) -> list[str]:
    """The names of the columns, the important first: a narrow terminal does without the last."""
    at = [by] if by else []
    wide_at = at if columns >= WIDE_FROM else []
    mean = ["mean"] if any(metric.definition.summary == "mean" for metric in metrics) else []
    return ["last", *at, *mean, "min", *wide_at, "max", *wide_at]


def cells(metric: Metric, metrics: Sequence[Metric], by: str, columns: int) -> list[str]:
    """The values under those heads."""
    found = {"last": metric.last, "min": metric.min, "max": metric.max}
    texts: list[str] = []
    point: Point | None = None
    for head in heads(metrics, by, columns):
        if head == "mean":
            texts.append(number(metric.mean) if metric.min else "")
        elif head == by:
            texts.append(place(metric, point, by))
        else:
            point = found[head]
            texts.append(look.cut(spell(point.value), LONGEST_VALUE) if point else "")
    return texts


def place(metric: Metric, point: Point | None, by: str) -> str:
    """At which step, or epoch, a value was reached."""
    at = None if point is None else point.row.epoch if by == "epoch" else metric.step_at(point)
    return "" if at is None else plain(at) if isinstance(at, (int, float)) else spell(at)


def chosen_cell(metric: Metric, row_heads: list[str]) -> int:
    """Which column has the value that stands in the summary; one that is not there for none."""
    how = metric.definition.summary
    if how == "best":
        how = "max" if metric.best is metric.max else "min"
    if how in ("none", "first"):
        return len(row_heads)
    return row_heads.index(how if how in row_heads else "last")


def right_aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """The cells for which there is a width, each padded to it."""
    return ["  " + " " * (width - look.width(cell)) + cell for cell, width in zip(row, widths, strict=False)]


def result_lines(metrics: Sequence[Metric], history: History) -> list[str]:
    """What came once, at the end, and what was said to be the result: that counts more."""
    found = {metric.name: metric.last.value for metric in metrics if metric.is_result and metric.last}
    found.update(flatten(history.summary()))
    return pairs([(0, name, spell(value)) for name, value in found.items()], are_bold=True)


def config_lines(config: dict[str, Any]) -> list[str]:
    """A line for each setting, those within others moved in."""
    return pairs(list(nested_rows(config, 0)))


def nested_rows(config: dict[str, Any], depth: int) -> Iterator[tuple[int, str, str]]:
    """Depth, name and value of each; an object that has something in it has no value of its own."""
    for name, value in config.items():
        if isinstance(value, dict) and value and depth < DEEPEST:
            yield depth, str(name), ""
            yield from nested_rows(value, depth + 1)
        else:
            yield depth, str(name), spell(value)


def data_lines(facts: Iterable[Any]) -> list[str]:
    """Each file or folder of data, with what tells it from others; as the last attempt found it."""
    rows = {}
    for fact in facts:
        if isinstance(fact, dict) and isinstance(path := fact.get("path"), str):
            rows[path] = 0, path, "  ".join(data_texts(fact))
    return pairs(list(rows.values()))


def data_texts(fact: dict[str, Any]) -> Iterator[str]:
    """Size, number of files, fingerprint: as far as they are known."""
    if isinstance(size := fact.get("bytes"), int):
        yield words.size(size)
    if isinstance(files := fact.get("files"), int):
        yield f"{files:,} file{'s' if files != 1 else ''}"
    if isinstance(fingerprint := fact.get("fingerprint"), str):
        yield words.visible(fingerprint[:FINGERPRINT]) + (" (of samples)" if fact.get("sampled") is True else "")


def pairs(rows: list[tuple[int, str, str]], are_bold: bool = False) -> list[str]:
    """Names and values under one another; at a terminal no wider than it."""
    labels = ["  " * depth + words.visible(name) for depth, name, _value in rows]
    widest = max((look.width(label) for label in labels), default=0)
    label_columns = max(SHORTEST_NAME, min(WIDE_NAME, widest))
    lines = []
    for label, (_depth, _name, value) in zip(labels, rows, strict=True):
        start = f"{INDENT}{look.pad(look.cut(label, label_columns), label_columns)}  "
        if look.is_narrow():
            value = look.cut(value, max(1, look.terminal_width() - look.width(start)))
        lines.append((start + (look.bold(value) if are_bold else value)).rstrip())
    return lines
