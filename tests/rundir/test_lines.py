"""Lines and small files survive what a crash or a full disk does to them."""

import json
import math
import os
import resource
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrapper.rundir.lines import Appender, complete_length, encode, read_lines, replace_whole

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_value_is_written_as_json_writes_it(value):
    assert encode(value) == json.dumps(value)


def test_bytes_that_are_no_text_come_back():
    path = os.fsdecode(b"caf\xe9")

    assert os.fsencode(json.loads(encode({"path": path}))["path"]) == b"caf\xe9"


def test_what_json_has_no_form_for_is_refused():
    with pytest.raises(TypeError, match="object has no form"):
        encode({"a": object()})


def test_line_still_being_written_is_left_for_the_next_read(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntwo\nthr")

    (one, after_one), (two, after_two) = read_lines(str(path))
    with path.open("ab") as file:
        file.write(b"ee\n")

    assert (one, after_one, two, after_two) == (b"one\n", 4, b"two\n", 8)
    assert list(read_lines(str(path), after_two)) == [(b"three\n", 14)]


@pytest.mark.parametrize(
    ("content", "length"),
    [(b"", 0), (b"half", 0), (b"whole\n", 6), (b"whole\nhalf", 6), (b"\n" + b"x" * 3_000_000, 1)],
)
def test_complete_length_ends_after_the_last_newline(tmp_path, content, length):
    path = tmp_path / "lines"
    path.write_bytes(content)

    assert complete_length(str(path)) == length


def test_record_that_the_disk_does_not_take_whole_is_not_there_at_all(tmp_path):
    path = tmp_path / "lines"
    lines = Appender(str(path))
    lines.append({"first": 1})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            lines.append({"second": "longer than what is left"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    lines.append({"third": 3})
    lines.close()

    assert path.read_text() == '{"first": 1}\n{"third": 3}\n'


def test_small_file_is_replaced_whole(tmp_path):
    path = tmp_path / "end.json"
    replace_whole(str(path), {"a": 1})
    replace_whole(str(path), {"b": math.inf})

    assert path.read_text() == '{"b": Infinity}\n'
    assert [entry.name for entry in tmp_path.iterdir()] == ["end.json"]
