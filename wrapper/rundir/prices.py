"""What a kilowatt-hour costs, as a person writes it."""

from __future__ import annotations


def read_price(text: str) -> tuple[float, str]:
    """The number and the currency of "0.30 EUR", "€0.3" or "0.25"; the currency may be "". Raises ValueError."""
    start = next((place for place, letter in enumerate(text) if letter.isdigit() or letter == "."), len(text))
    end = start
    while end < len(text) and (text[end].isdigit() or text[end] == "."):
        end += 1
    before, after = text[:start].strip(), text[end:].strip()
    try:
        price = float(text[start:end])
    except ValueError:
        raise ValueError(f'"{text}" is no price of a kilowatt-hour; such as "0.30 EUR"') from None
    if (before and after) or before.endswith("-"):
        raise ValueError(f'"{text}" is no price of a kilowatt-hour; such as "0.30 EUR"')
    return price, (before or after).removesuffix("/kWh").strip()
