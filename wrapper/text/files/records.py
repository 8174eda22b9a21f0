"""The framing of event files: each record with its length before it, and a checksum of both."""

from struct import Struct
from typing import NamedTuple

HEADER, FOOTER = Struct("<QI"), Struct("<I")
FRAME_BYTES = HEADER.size + FOOTER.size
MOST_RECORD_BYTES = 32 << 20
# Python takes 0.1 s for the checksum of a megabyte. Numbers are in small records; of a damaged image one sees it.
MOST_CHECKED_BYTES = 16 << 10
SEARCH_BYTES = 64 << 10


class Record(NamedTuple):
    """A record's content, and where the next one begins; the content is None where it cannot be used, for a reason."""

    end: int
    data: bytes | None
    warning: str = ""


class Records(NamedTuple):
    """The records that are complete. `end` is where the next begins, which needs so many bytes to be read at once."""

    records: list[Record]
    end: int
    wanted: int
    is_damaged: bool  # what stands at `end` is no record


def split_records(data: bytes, start: int, is_checked: bool = True) -> Records:
    """Take apart bytes of an event file, which begin at the offset `start` with a record."""
    found: list[Record] = []
    place = 0
    while len(data) - place >= HEADER.size:
        length, checksum = HEADER.unpack_from(data, place)
        if masked_crc(data[place : place + 8]) != checksum:
            return Records(found, start + place, FRAME_BYTES, is_damaged=True)
        end = place + FRAME_BYTES + length
        if length > MOST_RECORD_BYTES:
            text = f"a record of {length} bytes at offset {start + place} was left out"
            found.append(Record(start + end, None, text))
            return Records(found, start + end, FRAME_BYTES, is_damaged=False)
        if end > len(data):
            return Records(found, start + place, end - place, is_damaged=False)
        content = data[place + HEADER.size : end - FOOTER.size]
        is_good = not is_checked or length > MOST_CHECKED_BYTES or is_whole(content, data, end)
        text = "" if is_good else f"the record at offset {start + place} is damaged, and was left out"
        found.append(Record(start + end, content if is_good else None, text))
        place = end
    return Records(found, start + place, FRAME_BYTES, is_damaged=False)


def is_whole(content: bytes, data: bytes, end: int) -> bool:
    return bool(FOOTER.unpack_from(data, end - FOOTER.size)[0] == masked_crc(content))


def find_record(data: bytes) -> int | None:
    """Where in the bytes after a damaged record, which they begin with, another one begins; None when nowhere near."""
    for place in range(1, min(SEARCH_BYTES, len(data) - HEADER.size + 1)):
        length, checksum = HEADER.unpack_from(data, place)
        if length <= MOST_RECORD_BYTES and masked_crc(data[place : place + 8]) == checksum:
            return place
    return None


def make_table() -> list[int]:
    """What each byte does to a checksum of Castagnoli's polynomial."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = make_table()


def masked_crc(data: bytes) -> int:
    """The checksum as it is stored: rotated and shifted, so that one of data with checksums in it is still of use."""
    crc, table = 0xFFFFFFFF, TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
