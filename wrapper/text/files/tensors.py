"""Tensors in event files: the scalar, texts or table of numbers that they hold."""

from struct import Struct
from typing import NamedTuple

from wrapper.text.files.wire import (
    DOUBLE,
    FLOAT,
    BrokenMessage,
    as_bytes,
    read_fields,
    read_floats,
    read_varints,
    signed,
)

STRING, BOOL, HALF, BFLOAT = 7, 10, 19, 14
# By the type's number: how one element stands in the packed content.
PACKED = {
    1: FLOAT,
    2: DOUBLE,
    3: Struct("<i"),
    4: Struct("<B"),
    5: Struct("<h"),
    6: Struct("<b"),
    9: Struct("<q"),
    BOOL: Struct("<?"),
    17: Struct("<H"),
    HALF: Struct("<e"),
    22: Struct("<I"),
    23: Struct("<Q"),
}
VARINT_FIELDS = (7, 10, 11, 16, 17)
MOST_NUMBERS = 1 << 16


class Tensor(NamedTuple):
    """Its numbers, or its strings, in order."""

    shape: tuple[int, ...]
    numbers: list[float]
    strings: list[bytes]

    def scalar(self) -> float | None:
        """Its one number; None when it has more, or none."""
        is_one = len(self.numbers) == 1 and all(size == 1 for size in self.shape)
        return self.numbers[0] if is_one else None


def read_tensor(data: bytes) -> Tensor:
    """Take a TensorProto apart. Raises BrokenMessage."""
    kind, content = 0, b""
    shape: tuple[int, ...] = ()
    numbers: list[float] = []
    strings: list[bytes] = []
    for number, value in read_fields(data):
        if number == 1:
            kind = signed(value)
        elif number == 2:
            shape = tuple(read_shape(as_bytes(value)))
        elif number == 4:
            content = as_bytes(value)
        elif number == 5:
            numbers += read_floats(value)
        elif number == 6:
            numbers += read_floats(value, DOUBLE)
        elif number == 8:
            strings.append(as_bytes(value))
        elif number == 13:
            numbers += [half(bits, kind) for bits in read_varints(value)]
        elif number in VARINT_FIELDS:
            numbers += map(signed, read_varints(value))
    return Tensor(shape, numbers + unpack(content, kind), strings)


def read_shape(data: bytes) -> list[int]:
    """The size of each dimension."""
    sizes = []
    for number, value in read_fields(data):
        if number == 2:
            sizes.append(next((signed(size) for key, size in read_fields(as_bytes(value)) if key == 1), 0))
    return sizes


def unpack(content: bytes, kind: int) -> list[float]:
    """The numbers of the packed content; none for a type that has none, and not more than anybody draws."""
    if kind == BFLOAT:
        pairs = [content[place : place + 2] for place in range(0, min(len(content), 2 * MOST_NUMBERS), 2)]
        return [FLOAT.unpack(bytes(2) + pair)[0] for pair in pairs if len(pair) == 2]
    form = PACKED.get(kind)
    if form is None or not content:
        return []
    if len(content) % form.size:
        raise BrokenMessage("half a number in a tensor")
    return [number for (number,) in form.iter_unpack(content[: MOST_NUMBERS * form.size])]


def half(bits: int, kind: int) -> float:
    """A number of 16 bits that stands in a varint."""
    data = (bits & 0xFFFF).to_bytes(2, "little")
    value: float = FLOAT.unpack(bytes(2) + data)[0] if kind == BFLOAT else PACKED[HALF].unpack(data)[0]
    return value
