"""What config files say: nested settings, or where the mistake is."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import wrapper
from wrapper.text.config_files import MOST_VALUES, NoSettings, Unreadable, YamlReading, kind_of, read_config, read_yaml

MODEL = {"depth": 4, "sizes": [1, 2], "name": "007"}
NESTED = {"lr": 0.001, "model": MODEL, "fast": True, "seed": None}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("YAML", "lr: 1e-3\nmodel:\n  depth: 4\n  sizes: [1, 2]\n  name: 007\nfast: true\nseed:\n"),
        ("YAML", "{lr: 0.001, model: {depth: 4, sizes: [1, 2], name: '007'}, fast: True, seed: ~}"),
        (
            "YAML",
            "\ufeff--- # one\nlr: 1e-3\nmodel: {depth: 4, sizes: [1, 2], name: 007}\nfast: true\nseed:\n---\nx: 1",
        ),
        ("JSON", '{"lr": 0.001, "model": {"depth": 4, "sizes": [1, 2], "name": "007"}, "fast": true, "seed": null}'),
        (
            "JSON",
            '{"lr": 1e-3, // why\n "model": {"depth": 4, "sizes": [1, 2,], "name": "007"}, /* a\n, */"fast": true,'
            ' "seed": null,}',
        ),
        ("INI", "lr = 1e-3\nfast: true\nseed = None # any\n; no\n[model]\ndepth = 4\nsizes = [1, 2]\nname = 007\n"),
    ],
)
def test_settings_are_nested_and_have_types(kind, text):
    assert read_config(kind, text) == NESTED


def test_toml_has_dates_too():
    text = "lr = 1e-3\nday = 2024-05-06\nat = 07:30:00\n[model]\ndepth = 4\nsizes = [1, 2]\nname = '007'\n"

    assert read_config("TOML", text) == {"lr": 0.001, "day": "2024-05-06", "at": "07:30:00", "model": MODEL}


def test_without_a_reader_of_toml_the_message_says_what_to_do():
    root = Path(wrapper.__file__).parents[1]
    program = f"import sys; sys.path.append({str(root)!r}); sys.modules['tomllib'] = sys.modules['tomli'] = None\n"
    program += "from wrapper.text.config_files import read_config\nread_config('TOML', 'a = 1')"

    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True)

    assert "Unreadable: TOML is read from Python 3.11 on, or with the package tomli" in done.stderr


@pytest.mark.parametrize("kind", ["YAML", "JSON", "INI", "TOML"])
@pytest.mark.parametrize("text", ["", "\n \n"])
def test_empty_file_has_no_settings(kind, text):
    assert read_config(kind, text) == {}


@pytest.mark.parametrize(
    ("text", "settings_"),
    [
        ("base: &base {a: 1, b: 2}\nown:\n  <<: *base\n  b: 3\n", {"base": {"a": 1, "b": 2}, "own": {"a": 1, "b": 3}}),
        ("own:\n  b: 3\n  <<: [{b: 4, c: 5}, {c: 6}]\n", {"own": {"b": 3, "c": 5}}),
        ("a: !!str 1\nb: !!int '2'\nc: !Model {x: 1}\nd: !!python/object/apply:os.system [ls]\ne: ! 1", None),
        ("1: a\ntrue: b\n? [x]\n: c\nnull: d", {"1": "a", "true": "b", "?": "c", "null": "d"}),
        ("a: '1'\nb: |\n  1\nc: \"\"\ne: yes\nf: .inf", {"a": "1", "b": "1\n", "c": "", "e": "yes", "f": float("inf")}),
        ("day: 2024-05-06\nat: 07:30:00", {"day": "2024-05-06", "at": "07:30:00"}),
        ("a: &x [1]\nb: *x\na: 2", {"a": 2, "b": [1]}),
    ],
)  # fmt: skip
def test_yaml_of_other_programs_is_understood(text, settings_):
    settings_ = settings_ or {"a": "1", "b": 2, "c": {"x": 1}, "d": ["ls"], "e": "1"}

    assert read_config("YAML", text) == settings_


def test_sections_of_ini_that_come_twice_are_one():
    text = "[a]\nx = 1\n[DEFAULT]\ny = 2\n[a]\nz.w = 3\nlong = one\n  two\n"

    assert read_config("INI", text) == {"a": {"x": 1, "z": {"w": 3}, "long": "one\ntwo"}, "DEFAULT": {"y": 2}}


@pytest.mark.parametrize(
    ("kind", "text", "line", "words"),
    [
        ("YAML", "a: 1\nb: [1, 2}\n", 2, "expected"),
        ("YAML", "a: 1\n\tb: 2\n", 2, "tab|character"),
        ("YAML", "a: 1\nb: \x07\n", 2, "not allowed"),
        ("YAML", "a: 1\nb: *c\n", 2, "nothing is called &c"),
        ("JSON", '{"a": 1,\n "b" 2}', 2, "delimiter"),
        ("JSON", '{"a": 1,\n "b', 2, "Unterminated"),
        ("JSON", "[" * 100_000, 0, "deep"),
        ("INI", "a = 1\nwhat is this\n[x]\n", 2, "what is this"),
        ("INI", "a = 1\n[x\n", 2, r"\[x"),
        ("TOML", "a = 1\nb = \n", 2, "value"),
        ("TOML", "a = 1\nb = [", 2, "array|list|value"),
    ],
)
def test_mistake_is_named_with_its_line(kind, text, line, words):
    with pytest.raises(Unreadable, match=words) as raised:
        read_config(kind, text)

    assert (raised.value.line, kind in str(raised.value)) == (line, True)


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("JSON", "[1, 2]"),
        ("JSON", "5"),
        ("YAML", "- a\n- b\n"),
        ("YAML", "just words"),
        ("YAML", BOMB),
        ("YAML", "&a [*a, *a]: 1\nb: &c {d: *c, e: *c}"),
        ("YAML", "- 1\n" * 200_000),
        ("JSON", json.dumps(dict.fromkeys(map(str, range(MOST_VALUES + 1)), 1))),
    ],
)
def test_what_is_no_list_of_settings_is_refused(kind, text):
    with pytest.raises(NoSettings):
        read_config(kind, text)


def test_yaml_is_not_read_further_than_settings_go():
    events = yaml.parse("- 1\n" * 100_000, Loader=yaml.SafeLoader)

    with pytest.raises(NoSettings):
        YamlReading(events).read()

    assert len(list(events)) > 50_000


def test_what_is_large_is_cut():
    text = json.dumps({"text": "x" * 10_000, "k" * 1000: 1, "number": 10**100})
    read = read_config("JSON", text.replace('"number"', '"deep": ' + "[" * 50 + "]" * 50 + ', "number"'))

    assert len(read["text"]) == 4001 and read["k" * 200] == 1
    assert read["number"] == str(10**100)
    assert json.dumps(read["deep"]).startswith("[" * 19 + '"…'.encode("ascii", "backslashreplace").decode())


@pytest.mark.parametrize(
    ("path", "kind"),
    [("a.yaml", "YAML"), ("b/a.YML", "YAML"), ("a.json", "JSON"), ("a.toml", "TOML"), ("a.cfg", "INI"), ("a.py", "")],
)  # fmt: skip
def test_kind_is_in_the_name(path, kind):
    assert kind_of(path) == kind


PIECES = st.sampled_from(
    "a b : = , [ ] { } \" ' # // /* */ \\ & * ! | > - --- ... << ? ; [a] 1 1e-3 true null \n \n\n \t "
    " : & *a &a !!int".split(" ")
)


@given(
    st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join), st.sampled_from(["YAML", "JSON", "INI", "TOML"])
)
@settings(max_examples=1000, deadline=None)
def test_any_text_is_settings_or_refused(text, kind):
    try:
        read = read_config(kind, text)
    except (Unreadable, NoSettings):
        return

    json.dumps(read)


@pytest.mark.parametrize(
    "piece", ['"', '\\"', "/*", "//", ",", ", ", "[", "{", "{'a':", '/*"', "#", "a: ", "&a ", "- "]
)
@pytest.mark.parametrize("kind", ["YAML", "JSON", "INI"])
def test_no_text_takes_more_than_its_length(kind, piece):
    with suppress(Unreadable, NoSettings):
        read_config(kind, '{"' + piece * (100_000 // len(piece)))


def test_yaml_of_nested_brackets_is_refused_before_it_takes_long():
    with pytest.raises(Unreadable, match="nested too deep") as refusal:
        read_yaml("a: 1\nb: " + "[" * 100_000)

    assert refusal.value.line == 2
