"""What a test reads of a run that was kept."""

import hashlib
from pathlib import Path

from wrapper.rundir.reading import Part, Piece, Run, list_runs, read_piece, runs_folder


def only_run(directory: Path | str = ".") -> Run:
    """The one run that is kept in a directory."""
    runs = list_runs(runs_folder(directory))
    assert len(runs) == 1, f"{len(runs)} runs in {directory}"
    return runs[0]


def only_part(directory: Path | str = ".") -> Part:
    """The one part of the one run."""
    (part,) = only_run(directory).parts
    return part


def has_part(directory: Path | str = ".") -> bool:
    """Whether there is one run with one part."""
    runs = list_runs(runs_folder(directory))
    return len(runs) == 1 and len(runs[0].parts) == 1


def has_ended(directory: Path | str = ".") -> bool:
    """Whether the one run there says how it ended."""
    return has_part(directory) and only_part(directory).end is not None


def read_pieces(part: Part) -> list[Piece]:
    """Whose bytes stand where in output.log, and since when; in order."""
    told = [read_piece(record) for record in part.records() if record["source"] == "output"]
    return [piece for piece in told if piece]


def read_streams(part: Part) -> dict[int, bytes]:
    """The bytes of each stream, put together from output.log and its index."""
    data = part.output_path.read_bytes()
    pieces = read_pieces(part)
    ends = [piece.start for piece in pieces[1:]] + [len(data)]
    streams: dict[int, bytes] = {}
    for piece, end in zip(pieces, ends, strict=True):
        streams[piece.stream] = streams.get(piece.stream, b"") + data[piece.start : end]
    return {stream: found for stream, found in streams.items() if found}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
