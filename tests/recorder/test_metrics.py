"""The metrics file is read while it is written: each line once, whatever happens to the file or to its reader."""

import os
import subprocess
import sys
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorder.scripted import (
    FILE,
    Channel,
    Killed,
    append,
    counted,
    follow,
    numbered,
    pass_time,
    replace,
    rewrite,
    rows,
    table,
    warnings,
)

from wrapper.recorder.sources.metrics import read


def test_rows_are_numbered_and_may_set_the_step() -> None:
    records = follow(append('{"a": 1}\na=2\n'), append('{"a": 3, "_step": 10, "epoch": 2}\n{"a": 4}\n'))

    assert rows(records) == [(0, {"a": 1}), (1, {"a": 2}), (10, {"a": 3}), (11, {"a": 4})]
    assert [record.get("epoch") for record in records] == [None, None, 2, None]


def test_time_is_when_it_was_seen_or_what_the_line_says() -> None:
    records = follow(append('{"a": 1, "_timestamp": 1780000000.25}\n{"a": 2}\n'))

    assert records[0]["time"] == 1780000000.25
    assert records[1]["time"] == pytest.approx(FILE.stat().st_mtime, abs=60)


def test_facts_of_a_line_are_in_its_record() -> None:
    (first, second, third) = follow(
        append('{"a": 1, "$config": {"lr": 1}, "$summary": {"b": 2}}\n{"$image": {"i": "i.png"}, "$tag": ["x", "y"]}\n')
    )

    assert (first["row"], first["config"], first["summary"], first["step"]) == ({"a": 1}, {"lr": 1}, {"b": 2}, 0)
    assert second["tag"] == "x" and "step" not in second
    assert (third["media"], third["tag"], third["step"]) == ({"i": {"type": "image", "path": "i.png"}}, "y", 1)


def test_half_a_line_is_waited_for() -> None:
    records = follow(append('{"a": 1}\n{"a'), append('": 2'), append("}"), append("\n"))

    assert rows(records) == [(0, {"a": 1}), (1, {"a": 2})]
    assert warnings(records) == []


@pytest.mark.parametrize(("rest", "last"), [('{"a": 2}', [(1, {"a": 2})]), ("a=2", [(1, {"a": 2})]), ('{"a": 2', [])])
def test_last_line_without_an_end_counts_if_it_says_something(rest: str, last: list[Any]) -> None:
    records = follow(append('{"a": 1}\n' + rest))

    assert rows(records) == [(0, {"a": 1}), *last]
    assert len(warnings(records)) == (not last)


def test_blank_lines_and_ends_of_line_of_any_kind() -> None:
    assert rows(follow(append('\ufeff{"loss": 0}\r\n\n  \r\n{"loss": 1}\n'))) == counted(0, 2)


def test_nothing_is_there_and_then_something_is() -> None:
    assert rows(follow(lambda: None, append(""), append(numbered(0, 2)))) == counted(0, 2)


def test_file_that_is_removed_is_no_error() -> None:
    assert rows(follow(append(numbered(0, 2)), FILE.unlink, append(""))) == counted(0, 2)


def test_file_that_cannot_be_read_is_said_once() -> None:
    FILE.mkdir()

    assert warnings(follow(lambda: None, lambda: None)) == [
        "metrics.jsonl cannot be read from byte 0 on: Is a directory"
    ]


def test_pipe_in_its_place_is_not_waited_for() -> None:
    def put_pipe() -> None:
        FILE.unlink()
        os.mkfifo(FILE)

    records = follow(append(numbered(0, 2)), put_pipe, pass_time)

    assert rows(records) == counted(0, 2)
    assert len(warnings(records)) == 1


def test_warnings_name_the_line_and_come_to_an_end() -> None:
    records = follow(append(numbered(0, 2) + "oops\n" * 50 + numbered(2, 3)), append("oops\n"))

    said = warnings(records)
    assert rows(records) == counted(0, 3)
    assert said[0] == "metrics.jsonl line 3: neither a JSON object nor name=value words, from `oops` on"
    assert said[19].startswith("metrics.jsonl line 22: ")
    assert said[20:] == ["metrics.jsonl: something was wrong with 51 lines in all; the first 20 are named"]


def test_warning_about_a_line_stays_readable() -> None:
    (warning,) = warnings(follow(append('{"a": [], "b": [], "c": [], "d": [], "e": []}\n')))

    assert warning.endswith("; and 2 more") and "c is a list" in warning and "d is" not in warning


def test_what_was_wrong_is_counted_once_by_all_readers() -> None:
    first = Channel(append("oops\n" * 50 + "a=1\n"))
    read(first)
    second = Channel(positions=first.positions)
    read(second)

    assert len(warnings(first.records)) == 21 and second.records == []


def test_line_that_is_too_long_is_passed_over() -> None:
    long = b'{"a": "' + b"x" * 11_000_000 + b'"}\n'

    records = follow(append(b"a=1\n" + long[:5_000_000]), append(long[5_000_000:]), append("a=2\n"))

    assert rows(records) == [(0, {"a": 1}), (1, {"a": 2})]
    assert warnings(records) == ["metrics.jsonl line 2: longer than 10 MB"]


def test_line_of_almost_10_mb_is_taken() -> None:
    line = '{"a": "%s"}\n' % ("x" * 9_000_000)

    ((_, row),) = rows(follow(append(line[:400_000]), append(line[400_000:])))

    assert len(row["a"]) == 9_000_000


def test_line_without_an_end_that_is_too_long_is_passed_over() -> None:
    assert warnings(follow(append(b"x" * 11_000_000))) == ["metrics.jsonl line 1: longer than 10 MB"]


def test_endless_line_is_passed_over_in_little_memory() -> None:
    with FILE.open("wb") as file:
        file.write(b"a=1\n")
        for _ in range(300):
            file.write(b"x" * (1 << 20))
        file.write(b"\na=2\n")
    code = f"""
import resource, sys
sys.path[:0] = {sys.path}
from recorder.scripted import follow, rows
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (100 << 20),) * 2)
print(rows(follow()))
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("[(0, {'a': 1}), (1, {'a': 2})]\n", "")


def test_zeros_are_waited_for_and_then_passed_over() -> None:
    def fill() -> None:
        with FILE.open("r+b") as file:
            file.seek(9)
            file.write(b"a=2\n")

    late = follow(append(b'{"a": 1}\n\0\0\0\0a=3\n'), fill)
    FILE.unlink()
    never = follow(append(b'{"a": 1}\n\0\0\0\0a=3\n'), pass_time, append("a=4\n"))

    assert rows(late) == [(0, {"a": 1}), (1, {"a": 2}), (2, {"a": 3})]
    assert rows(never) == [(0, {"a": 1}), (1, {"a": 3}), (2, {"a": 4})]
    assert warnings(late) == warnings(never) == []


def test_zeros_part_what_was_torn_from_what_is_whole() -> None:
    records = follow(append(b'{"a": 1}\n{"a": 2\0\0\0{"a": 3}\n\0\n\na=4\n\0\noops\n'))

    assert rows(records) == [(0, {"a": 1}), (1, {"a": 3}), (2, {"a": 4})]
    assert [warning.partition(":")[0] for warning in warnings(records)] == [
        "metrics.jsonl line 2",
        "metrics.jsonl line 7",
    ]


def test_file_written_anew_with_more_in_it_gives_only_what_is_more() -> None:
    turns = [rewrite(numbered(0, 3)), lambda: FILE.write_text(""), rewrite(numbered(0, 5)), replace(numbered(0, 6))]

    assert rows(follow(*turns)) == counted(0, 6)


def test_file_written_anew_with_other_values_keeps_its_steps() -> None:
    records = follow(append(numbered(0, 4)), replace('{"loss": 0}\n{"loss": 10}\n{"loss": 20}\n'), append("a=3\n"))

    assert table(records) == {0: {"loss": 0}, 1: {"loss": 10}, 2: {"loss": 20}, 3: {"a": 3}}
    assert warnings(records) == []


def test_alert_of_a_file_written_anew_is_given_once() -> None:
    text = 'a=1\n{"$alert": "low"}\n'

    records = follow(rewrite(text + "a=2\n"), replace(text + 'a=3\n{"$alert": "high"}\n'))

    assert [record["alert"]["title"] for record in records if "alert" in record] == ["low", "high"]
    assert table(records) == {0: {"a": 1}, 1: {"a": 3}}


def test_file_that_is_emptied_goes_on_with_the_next_steps() -> None:
    records = follow(rewrite(numbered(0, 3)), rewrite("a=0\n"), pass_time, append("a=1\n"), append("a=2\n"))

    assert rows(records) == [*counted(0, 3), *((3 + number, {"a": number}) for number in range(3))]
    assert warnings(records) == [
        "metrics.jsonl was cut short, or written anew: what stands in it then counts as new rows"
    ]


def test_file_that_always_holds_only_the_latest_row_gives_each_that_was_seen() -> None:
    records = follow(*(rewrite(f"a={number}\n") for number in range(5)))

    assert rows(records) == [(number, {"a": number}) for number in range(5)]
    assert len(warnings(records)) == 1


def test_file_that_was_emptied_shortly_before_the_end_is_read() -> None:
    assert rows(follow(rewrite(numbered(0, 3)), rewrite("a=0\n"))) == [*counted(0, 3), (3, {"a": 0})]


def test_file_that_was_written_anew_while_nobody_read_it_is_noticed() -> None:
    first = Channel(rewrite(numbered(0, 3)))
    read(first)
    FILE.write_text("a=0\n" * 20)

    second = Channel(positions=first.positions)
    read(second)

    assert rows(second.records) == [(step, {"a": 0}) for step in range(3, 23)]


def test_piece_that_kills_its_reader_is_left_out() -> None:
    FILE.write_text(numbered(0, 3))
    channel = Channel()
    channel.skips = frozenset({len(numbered(0, 1))})
    read(channel)

    assert rows(channel.records) == [(0, {"loss": 0}), (1, {"loss": 2})]


LINE = st.sampled_from(
    [
        b"",
        b"oops",
        b"a=2",
        b"\xff\xfe",
        b'{"a": 1}',
        b'{"a": 3, "_step": 7}',
        b'{"a": 4}\r',
        b'{"a": [1], "b": 2}',
        b'{"a": "%s"}' % (b"x" * 300),
        b'{"$tag": ["x", "y"]}',
        b'{"$alert": "x"}',
        b'{"$image": {"i": "i.png"}}',
    ]
)
LINES = st.lists(LINE, max_size=12)


@given(LINES, st.lists(st.integers(0, 4000), max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_file_cut_anywhere_into_reads_gives_the_same(lines: list[bytes], cuts: list[int]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    FILE.write_bytes(b"")
    in_pieces = follow(*(append(data[start:end]) for start, end in pairwise(places)))

    FILE.write_bytes(data)
    in_one = follow()

    assert [without_time(record) for record in in_pieces] == [without_time(record) for record in in_one]


@given(LINES, st.lists(st.integers(0, 6), max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_reader_that_dies_anywhere_loses_and_doubles_nothing(lines: list[bytes], deaths: list[int]) -> None:
    FILE.write_bytes(b"".join(line + b"\n" for line in lines))
    whole = follow()

    records: list[dict[str, Any]] = []
    positions: dict[str, int] = {}
    for lives in [*deaths, -1]:
        channel = Channel(positions=positions)
        channel.lives = lives
        with suppress(Killed):
            read(channel)
        records += channel.records
        positions = channel.positions

    assert single([without_time(record) for record in records]) == single([without_time(record) for record in whole])


def without_time(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "time"}


def single(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tags that were repeated are said once: a run has a tag or has it not."""
    return [record for place, record in enumerate(records) if record != {"source": "metrics", "tag": "x"} or not place]


@given(st.binary(max_size=300), st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_in_the_place_of_any_others_are_read(before: bytes, after: bytes) -> None:
    FILE.write_bytes(before)
    first = Channel()
    read(first)
    FILE.write_bytes(after)

    read(Channel(positions=first.positions))
