"""A price of energy is a number with a currency, as people write it."""

import pytest

from wrapper.rundir.prices import read_price


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("0.30 EUR", (0.3, "EUR")),
        ("€0.3", (0.3, "€")),
        ("0.25", (0.25, "")),
        ("30 ct/kWh", (30.0, "ct")),
        (".5USD", (0.5, "USD")),
        ("$ 1", (1.0, "$")),
    ],
)
def test_number_and_currency(text, price):
    assert read_price(text) == price


@pytest.mark.parametrize("text", ["", "EUR", "cheap", "-0.3", "1.2.3", "€ 0.3 EUR", "."])
def test_what_is_no_price(text):
    with pytest.raises(ValueError, match="is no price of a kilowatt-hour"):
        read_price(text)
