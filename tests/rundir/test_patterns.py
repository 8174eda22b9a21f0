"""A pattern that cannot work is refused before anything runs, with the place."""

import pytest

from wrapper.rundir.patterns import BadPattern, read_pattern


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ("loss: {loss", 6),
        ("loss: loss}", 10),
        ("loss: {}", 6),
        ("loss: {1}", 6),
        ("{a}{b}", 3),
        ("{a} {a}", 4),
        ("no field", 8),
        ("only {step}", 11),
        ("/loss (?P<loss>/", 6),
        ("/loss/", 5),
        (r"/(\d)(?P<loss>\d)/", 1),
        (r"/(?P<loss>a+)+$/", 13),
        (r"/(?P<loss>\d)(?:\w*\d)*/", 22),
        (r"/(?P<loss>\d)(?:.* )+/", 20),
        (r"/(?P<loss>\d)(?:(?:a|aa)+b)*/", 27),
        (r"/(?P<loss>\d){1,99999999999999999999}/", 1),
    ],
)
def test_pattern_that_cannot_work_says_where(pattern: str, place: int) -> None:
    with pytest.raises(BadPattern) as error:
        read_pattern(pattern)

    assert error.value.place == place


@pytest.mark.parametrize(
    "pattern",
    [
        "loss: {loss}, step {step}",
        r"/epoch (?P<epoch>\d+).*loss=(?P<loss>\S+)/",
        r"/(?:\w+ )*loss (?P<loss>\d+)/",
        r"/(?:\d+,)+(?P<loss>\d+)/",
        r"/(?:ab)+(?P<loss>\d+)?/",
        r"/[*+)(]{2}(?P<loss>\d+)\)+/",
    ],
)
def test_pattern_that_can_work_is_taken(pattern: str) -> None:
    assert read_pattern(pattern).text == pattern


def test_line_is_looked_at_up_to_a_length() -> None:
    pattern = read_pattern("loss {loss}")

    assert pattern.find("loss 0.5") == {"loss": (5, 8)}
    assert pattern.find(" " * 2000 + "loss 0.5") == {}
