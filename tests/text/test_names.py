"""Names are kept as they came, and tidied the same way wherever they come from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrapper.text.names import LONGEST, fold_name, tidy_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("loss", "loss"),
        ("val/loss (avg)", "val/loss (avg)"),
        ("  val \t loss\n", "val loss"),
        ("a\x00b\x1bc\x9bd", "a b c d"),
        ("x" * 999, "x" * LONGEST),
        ("Größe", "Größe"),
        (" \n", ""),
        ("", ""),
    ],
)
def test_name_is_tidied(text: str, name: str) -> None:
    assert tidy_name(text) == name


@given(st.text())
def test_tidied_name_stays_as_it_is(text: str) -> None:
    assert tidy_name(tidy_name(text)) == tidy_name(text)


@pytest.mark.parametrize("name", ["val loss", "val_loss", "Val/Loss", " val-loss", "val__loss", "VAL.LOSS"])
def test_spelling_is_folded(name: str) -> None:
    assert fold_name(name) == "val_loss"
