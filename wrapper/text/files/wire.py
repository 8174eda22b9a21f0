"""The wire format of protocol buffers: enough to take a message apart without its schema."""

from collections.abc import Iterator
from struct import Struct

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
DOUBLE, FLOAT = Struct("<d"), Struct("<f")
BITS = 64


class BrokenMessage(ValueError):
    """The bytes are no message."""


def read_fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Each field's number with its value: an int where it was a varint, else its bytes. Raises BrokenMessage."""
    place, size = 0, len(data)
    while place < size:
        key, place = read_varint(data, place)
        number, form = key >> 3, key & 7
        if form == VARINT:
            value, place = read_varint(data, place)
            yield number, value
            continue
        if form == BYTES:
            length, place = read_varint(data, place)
        elif form in (FIXED64, FIXED32):
            length = 8 if form == FIXED64 else 4
        else:
            raise BrokenMessage(f"a field of form {form}")
        if length > size - place:
            raise BrokenMessage("a field goes beyond the end")
        yield number, data[place : place + length]
        place += length


def read_varint(data: bytes, place: int) -> tuple[int, int]:
    """The number that begins at a place, and the place after it."""
    value = shift = 0
    while shift < BITS + 6:
        if place >= len(data):
            raise BrokenMessage("a number goes beyond the end")
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & ((1 << BITS) - 1), place
        shift += 7
    raise BrokenMessage("a number of more than 64 bits")


def read_varints(value: int | bytes) -> list[int]:
    """A repeated number, packed or a single one of it."""
    if isinstance(value, int):
        return [value]
    numbers, place = [], 0
    while place < len(value):
        number, place = read_varint(value, place)
        numbers.append(number)
    return numbers


def signed(value: int | bytes) -> int:
    """A varint as the signed number that it stands for."""
    if not isinstance(value, int):
        raise BrokenMessage("bytes where a number should be")
    return value - (1 << BITS) if value >> (BITS - 1) else value


def as_bytes(value: int | bytes) -> bytes:
    """The bytes of a field that should have some."""
    if isinstance(value, int):
        raise BrokenMessage("a number where bytes should be")
    return value


def as_text(value: int | bytes) -> str:
    """The text of a field, whatever is no UTF-8 in it replaced."""
    return as_bytes(value).decode("utf-8", "replace")


def read_floats(value: int | bytes, form: Struct = FLOAT) -> list[float]:
    """A repeated floating-point number, packed or a single one of it."""
    data = as_bytes(value)
    if len(data) % form.size:
        raise BrokenMessage("half a floating-point number")
    return [number for (number,) in form.iter_unpack(data)]
