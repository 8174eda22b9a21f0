"""`wandb parse`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import click

from wrapper.cli import look
from wrapper.cli.numbers import as_json as texts_for_no_numbers
from wrapper.rundir.patterns import BadPattern, Pattern, read_pattern
from wrapper.text.parsing.output import OutputParser
from wrapper.text.parsing.rows import Candidate, Row, without_point

READ_BYTES = 1 << 18


def read_patterns(_ctx: click.Context, _param: click.Parameter, texts: tuple[str, ...]) -> list[Pattern]:
    """The patterns that --metric means; a usage error shows the place that cannot work."""
    patterns = []
    for text in texts:
        try:
            patterns.append(read_pattern(text))
        except BadPattern as error:
            raise click.BadParameter(f"{error}\n  {text}\n  {' ' * error.place}^") from None
    return patterns


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--json", "as_json", is_flag=True, help="Each row as a JSON object with step, epoch and values.")
@click.option("--explain", is_flag=True, help="Each number that was looked at, and the rule that took or refused it.")
@click.option(
    "--metric",
    "patterns",
    multiple=True,
    callback=read_patterns,
    metavar="PATTERN",
    help="Take this too: 'loss: {loss}, step {step}', or /regex/ with named groups.",
)
@click.option("--ignore", "ignored", multiple=True, metavar="NAME", help="Leave this name out.")
@click.option("--columns", type=click.IntRange(1), help="The width of the terminal that the output was written to.")
def parse(
    file: BinaryIO, as_json: bool, explain: bool, patterns: list[Pattern], ignored: tuple[str, ...], columns: int | None
) -> None:
    """Show which metrics would be taken from what a command printed.

    FILE has the bytes as they were printed; without one they come from standard input.

    \b
        wandb parse train.log
        wandb parse --explain train.log
        python train.py | wandb parse --json
    """
    candidates: list[Candidate] = []
    rows = read_rows(file, OutputParser(columns, None, patterns, ignored, candidates.append if explain else None))
    if as_json:
        show_json(rows, candidates)
    elif explain:
        for _row in rows:
            pass
        show_candidates(candidates)
    else:
        show_table(rows)


def read_rows(file: BinaryIO, parser: OutputParser) -> Iterator[Row]:
    """Each row as soon as it is certain."""
    read = getattr(file, "read1", file.read)
    while data := read(READ_BYTES):
        yield from parser.feed(1, data)
    yield from parser.finish()


def show_json(rows: Iterable[Row], candidates: list[Candidate]) -> None:
    for row in rows:
        record = {
            "step": without_point(row.step),
            "epoch": without_point(row.epoch),
            "values": texts_for_no_numbers(row.values),
        }
        sys.stdout.write(json.dumps(record) + "\n")
    for candidate in candidates:
        sys.stdout.write(json.dumps({"candidate": candidate._asdict()}) + "\n")


def show_candidates(candidates: Iterable[Candidate]) -> None:
    cells = [("line", "", "name", "number", "rule")]
    for found in candidates:
        cells.append((str(found.line), "taken" if found.is_taken else "not", found.name, found.text, found.rule))
    if len(cells) == 1:
        click.echo("wandb: there is no number in it", err=True)
        return
    show_cells(cells)


def show_table(rows: Iterable[Row]) -> None:
    cells = [("line", "step", "epoch", "name", "value")]
    for row in rows:
        counts = (str(row.line), spell(row.step), spell(row.epoch))
        cells += [(*counts, name, repr(value)) for name, value in row.values.items()]
    if len(cells) == 1:
        click.echo("wandb: no metrics were found: --explain says why", err=True)
        return
    show_cells(cells)


def show_cells(cells: list[tuple[str, str, str, str, str]]) -> None:
    widths = [max(map(look.width, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        padded = (cell + " " * (width - look.width(cell)) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def spell(number: float | None) -> str:
    return "" if number is None else str(without_point(number))
