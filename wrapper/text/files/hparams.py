"""Hyper-parameters in event files, as TensorBoard's own page of them has them."""

from wrapper.text.files.facts import as_count
from wrapper.text.files.wire import DOUBLE, BrokenMessage, as_bytes, as_text, read_fields, read_floats

DEEPEST = 20


def read_hparams(content: bytes) -> dict[str, object]:
    """The values that a session started with; empty when the content speaks of something else. Raises BrokenMessage."""
    found: dict[str, object] = {}
    for number, session in read_fields(content):
        if number != 3:
            continue
        for key, entry in read_fields(as_bytes(session)):
            if key == 1:
                name, value = read_entry(as_bytes(entry))
                found[name] = value
    return found


def read_entry(data: bytes, depth: int = 0) -> tuple[str, object]:
    """A name and its value."""
    name, value = "", None
    for number, content in read_fields(data):
        if number == 1:
            name = as_text(content)
        elif number == 2:
            value = read_value(as_bytes(content), depth + 1)
    return name, value


def read_value(data: bytes, depth: int) -> object:
    """A value that says itself of which type it is. All numbers are doubles there: whole ones are given as int."""
    if depth > DEEPEST:
        raise BrokenMessage("values within values, too deep")
    for number, content in read_fields(data):
        if number == 2:
            (value,) = read_floats(content, DOUBLE)
            count = as_count(value)
            return value if count is None else count
        if number == 3:
            return as_text(content)
        if number == 4:
            return bool(content)
        if number == 5:
            entries = [as_bytes(entry) for key, entry in read_fields(as_bytes(content)) if key == 1]
            return dict(read_entry(entry, depth + 1) for entry in entries)
        if number == 6:
            items = [as_bytes(item) for key, item in read_fields(as_bytes(content)) if key == 1]
            return [read_value(item, depth + 1) for item in items]
    return None
