"""Images, sounds and long texts of a followed file, kept in the part's own folder."""

from __future__ import annotations

import os
import re
import zlib

from wrapper.text.files.facts import Media

FOLDER = "files/media"
COUNT = "followed:media"
MOST_FILES = 1000
MOST_BYTES = 10 << 20
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")


class MediaStore:
    """Keeps so many files of a run, and no more."""

    def __init__(self, positions: dict[str, int]) -> None:
        self._count = positions.get(COUNT, 0)

    def positions(self) -> dict[str, int]:
        """How many there are."""
        return {COUNT: self._count} if self._count else {}

    def keep(self, medium: Media, step: object, warnings: list[str]) -> dict[str, object] | None:
        """What the record says of one; None when it is not kept, and then why is among the warnings."""
        facts: dict[str, object] = {"type": medium.type, **medium.facts}
        if not medium.data:
            return facts
        if len(medium.data) > MOST_BYTES:
            warnings.append(f"{medium.name} at step {step} has {len(medium.data)} bytes, and was left out")
            return None
        if self._count >= MOST_FILES:
            if self._count == MOST_FILES:
                warnings.append(
                    f"{MOST_FILES} images, sounds and texts were kept; {medium.name} and others were left out"
                )
                self._count += 1
            return None
        try:
            path = self._write(medium, step)
        except OSError as error:
            warnings.append(f"{medium.name} at step {step} could not be kept: {error.strerror}")
            return None
        self._count += 1
        return {**facts, "path": path}

    def _write(self, medium: Media, step: object) -> str:
        """The name follows from the content, so that one that was written twice is one file."""
        name = NOT_IN_NAMES.sub("_", medium.name)[-80:]
        folder = f"{FOLDER}/{medium.type}"
        path = f"{folder}/{name}_{step}_{zlib.crc32(medium.data):08x}{medium.suffix}"
        os.makedirs(folder, exist_ok=True)
        beside = f"{path}.new"
        with open(beside, "wb") as file:
            file.write(medium.data)
        os.replace(beside, path)
        return path
