"""Settings files that are plain are read without PyYAML, and never otherwise than PyYAML reads them."""

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wrapper.launch.plain_yaml import (
    NotPlain,
    Unreadable,
    Value,
    read_plain,
    read_settings,
    read_with_pyyaml,
)

LETTERS = "ab1.- _~/:#,[]{}'\"&*!|>%@`?=<\\\t\r\n\u00e4\u2028"
SCALARS = [
    "a",
    "b c",
    "1.10",
    "yes",
    "null",
    "~",
    "~/x",
    "2001-02-03",
    "0x1f",
    "a b",
    "-1",
    "é",
    "1:30",
    "=",
    "<<",
]
ODD = [
    "a: b",
    "a:",
    ":a",
    "# c",
    "a # c",
    "a #c",
    "a# c",
    "|",
    ">",
    "{a: b}",
    "&x a",
    "*x",
    "!!str a",
    "?",
    "- a",
]
QUOTED = ["'a b'", '"a # b"', "''", '"', "'a' 'b'", "'it''s'", '"\\n"', "'a' # c", "'a'# c"]
LISTS = [
    "[a, b]",
    "['a', \"b\"]",
    "[a,]",
    "[]",
    "[ a ]",
    "[a # b]",
    "[a, [b]]",
    "[a",
    "b]",
    "[a] # c",
    "['a]', b]",
]
KEYS = st.sampled_from(["project", "tags", "model", "a-b", "_x", "name", "1", "mode"])
INDENTS = st.sampled_from(["", "", "", "  ", " ", "    "])
WORDS = st.sampled_from(["", *SCALARS, *ODD, *QUOTED, *LISTS, "...", "---"])
PAIRS = st.builds("{}{}:{}{}".format, INDENTS, KEYS, st.sampled_from([" ", " ", "", "  "]), WORDS)
ITEMS = st.builds("{}- {}".format, INDENTS, WORDS)
BREAKS = st.sampled_from(["", "# c", "  # c", "---", "...", "  "])
LINES = PAIRS | PAIRS | ITEMS | BREAKS | st.text(LETTERS, max_size=8)
DOCUMENTS = st.lists(LINES, max_size=6).map("\n".join)


@settings(max_examples=1000, deadline=None)
@given(DOCUMENTS)
@example("tags:\n- a\n- b\nproject: c")
@example("tags: ['a' # b]")
@example("tags:\n  - a\n - b")
@example("model:\n  a: 1\n b: 2")
def test_what_is_read_without_pyyaml_is_what_pyyaml_reads(text: str) -> None:
    try:
        plain = read_plain(text)
    except NotPlain:
        return

    assert contents(plain) == contents(read_with_pyyaml(text))
    for key, value in (yaml.safe_load(text) or {}).items():
        if value is None or isinstance(value, str):
            assert plain[str(key)].content == value


def contents(values: dict[str, Value]) -> dict[str, object]:
    return {key: (value.content, value.line) for key, value in values.items()}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---\nproject: mnist\n",
        "# of all\nproject: mnist  # this one\r\n\r\ntags: [a, b c, '1']\n",
        "tags:\n  - a\n  # and\n  - 'b: c'\nnotes: it's fine\n",
        "model:\n  layers: 3\n  name: deep\nlive: yes\n",
        'dir: ~/runs\nname: 1.10\nnotes: ""\ngroup:\n',
        "name: größer\n",
    ],
)
def test_what_people_write_is_plain(text: str) -> None:
    assert contents(read_plain(text)) == contents(read_with_pyyaml(text))


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("project: {a: b}", {}),
        ("project: >\n  two\n  lines\n", "two lines\n"),
        ("tags: &all [a, b]", ["a", "b"]),
        ("x: &p mnist\nproject: *p", "mnist"),
        ('project: "a\\tb"', "a\tb"),
        ("project: 'it''s'", "it's"),
        ("{project: a}", "a"),
        ("model:\n  deep:\n    er: 1\nproject: a", "a"),
        ("\ufeffproject: a", "a"),
        ("project: 'null'", "null"),
        ("project: !!str 5", "5"),
    ],
)
def test_the_rest_is_left_to_pyyaml(text: str, content: object) -> None:
    values = read_settings(text)

    assert values["tags" if "tags" in text else "project"].content == content


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("project: a\nname: [b\n", 3),
        ("project: a\n\tname: b", 2),
        ("a: 1\nb: c: d\n", 2),
        ("- a\n- b", 1),
        ("just words", 1),
        ("a: 1\n--- \nb: 2", 2),
        ("a: \x00", 0),
        ("[" * 5000, 0),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(Unreadable) as refused:
        read_settings(text)

    assert refused.value.line == line
