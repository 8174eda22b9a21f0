"""TensorBoard's events: what one record of an event file says.

Scalars, histograms, images, sounds, texts and hyper-parameters, in the old form of TensorFlow 1 and PyTorch and in
the new one, where everything is a tensor and a plugin's name says what for.
"""

from dataclasses import dataclass, field

from wrapper.text.files.facts import Fact, Media
from wrapper.text.files.histograms import read_buckets, read_histogram
from wrapper.text.files.hparams import read_hparams
from wrapper.text.files.tensors import Tensor, read_tensor
from wrapper.text.files.wire import (
    DOUBLE,
    FLOAT,
    BrokenMessage,
    as_bytes,
    as_text,
    read_fields,
    read_floats,
    signed,
)
from wrapper.text.names import tidy_name

MOST_TEXT = 4096
MOST_SINGLE = 3.4028e38
IMAGES = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"BM": ".bmp", b"RIFF": ".webp"}
NOT_SHOWN = frozenset(("pr_curves", "mesh", "custom_scalars", "graphs", "graph_run_metadata", "profile", "projector"))


@dataclass
class Value:
    """One value of an event, as far as it was taken apart."""

    tag: str = ""
    simple: float | None = None
    plugin: str = ""
    content: bytes = b""
    parts: dict[int, bytes] = field(default_factory=dict)


class EventLog:
    """Knows what the first event of each tag said of it: later ones may leave that out."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._plugins: dict[str, str] = {}

    def read(self, record: bytes) -> list[Fact]:
        """The facts of one record; none when it speaks of something else, such as a graph. Raises BrokenMessage."""
        time, step = None, 0
        summaries: list[bytes] = []
        for number, value in read_fields(record):
            if number == 1:
                (time,) = read_floats(value, DOUBLE)
            elif number == 2:
                step = signed(value)
            elif number == 5:
                summaries.append(as_bytes(value))
        values = [read_value(as_bytes(v)) for data in summaries for number, v in read_fields(data) if number == 1]
        row: dict[str, object] = {}
        media: list[Media] = []
        config: dict[str, object] = {}
        for found in values:
            self._take(found, row, media, config)
        facts = [Fact(config=config, time=time)] if config else []
        if row or media:
            facts.append(Fact(row=row, step=step, time=time, media=tuple(media)))
        return facts

    def _take(self, value: Value, row: dict[str, object], media: list[Media], config: dict[str, object]) -> None:
        plugin = self._plugins.setdefault(value.tag, value.plugin) if value.tag else ""
        name = self._name(value.tag)
        if plugin == "hparams":
            config.update(read_hparams(value.content))
        elif not name or plugin in NOT_SHOWN:
            return
        elif value.simple is not None:
            row[name] = value.simple
        elif 8 in value.parts:
            tensor = read_tensor(value.parts[8])
            number = tensor.scalar()
            if number is not None:
                row[name] = number
            else:
                media += read_media(name, plugin, tensor)
        else:
            media += read_old_media(name, value.parts)

    def _name(self, tag: str) -> str:
        tidy, prefix = tidy_name(tag.removesuffix("/text_summary")), self._prefix
        if not prefix or not tidy:
            return tidy
        if prefix.startswith((f"{tidy}/", f"{tidy.replace('/', '_')}_")):
            return f"{tidy}/{prefix[len(tidy) + 1 :]}"  # A chart of several lines, each in a folder called after both.
        return f"{prefix}/{tidy}"


def read_value(data: bytes) -> Value:
    """Take a Summary.Value apart."""
    found = Value()
    for number, value in read_fields(data):
        if number == 1:
            found.tag = as_text(value)
        elif number == 2:
            (single,) = read_floats(value)
            found.simple = shortest(single)
        elif number == 9:
            found.plugin, found.content = read_metadata(as_bytes(value))
        elif isinstance(value, bytes):
            found.parts[number] = value
    return found


def shortest(single: float) -> float:
    """The double with the fewest digits that is this number in single precision: 0.1 for 0.10000000149011612."""
    if single != single or single in (float("inf"), float("-inf")):
        return single
    for digits in range(6, 10):
        short = float(f"{single:.{digits}g}")
        if abs(short) < MOST_SINGLE and FLOAT.unpack(FLOAT.pack(short))[0] == single:
            return short
    return single


def read_metadata(data: bytes) -> tuple[str, bytes]:
    """The plugin's name, and what it says for itself."""
    name, content = "", b""
    for number, value in read_fields(data):
        if number == 1:
            for key, part in read_fields(as_bytes(value)):
                if key == 1:
                    name = as_text(part)
                elif key == 2:
                    content = as_bytes(part)
    return name, content


def read_old_media(name: str, parts: dict[int, bytes]) -> list[Media]:
    """An image, histogram or sound that has a field of its own."""
    if 4 in parts:
        return [image(name, part) for number, part in read_fields(parts[4]) if number == 4 and isinstance(part, bytes)]
    if 5 in parts:
        return histogram(name, read_histogram(parts[5]))
    if 6 in parts:
        sounds = [part for number, part in read_fields(parts[6]) if number == 4 and isinstance(part, bytes)]
        return [Media(name, "audio", sound, ".wav") for sound in sounds]
    return []


def read_media(name: str, plugin: str, tensor: Tensor) -> list[Media]:
    """What a tensor of more than one number, or of strings, shows."""
    strings = tensor.strings
    if plugin == "histograms" or (not plugin and not strings):
        return histogram(name, read_buckets(tensor))
    is_image = len(strings) > 2 and suffix_of(strings[2]) is not None
    if plugin == "images" or (not plugin and is_image):
        several = len(strings) > 3  # width and height come before the images
        return [image(f"{name}/{place}" if several else name, data) for place, data in enumerate(strings[2:])]
    if plugin == "audio":
        return [Media(name, "audio", data, ".wav") for data in strings[:1]]
    if strings and (plugin == "text" or not plugin):
        return [text(name, strings)]
    return []


def histogram(name: str, bins: dict[str, object]) -> list[Media]:
    return [Media(name, "histogram", facts=bins)] if bins else []


def image(name: str, data: bytes) -> Media:
    return Media(name, "image", data, suffix_of(data) or ".bin")


def text(name: str, strings: list[bytes]) -> Media:
    """Short texts stand in the record, long ones in a file."""
    data = b"\n".join(strings)
    if len(data) > MOST_TEXT:
        return Media(name, "text", data, ".txt")
    return Media(name, "text", facts={"text": data.decode("utf-8", "replace")})


def suffix_of(data: bytes) -> str | None:
    """The usual ending of a file with this image in it; None when it is none that we know."""
    return next((suffix for start, suffix in IMAGES.items() if data.startswith(start)), None)


__all__ = ["BrokenMessage", "EventLog"]
