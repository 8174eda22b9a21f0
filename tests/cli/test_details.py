"""`wandb show --all` names what the page without it only counts."""

from __future__ import annotations

from cli.asking import answer
from cli.runs import make_run

CODE = {
    "commit": "1a2b3c4d5e",
    "branch": "main",
    "left_out_files": 3,
    "left_out": [
        {"path": "data.bin", "why": "larger than 10 MB", "bytes": 30_000_000},
        {"path": "a\x1b[31m", "why": "it may hold secrets"},
    ],
}
MADE = {"count": 2, "bytes": 1_300_000_100, "files": [{"path": "model.pt", "bytes": 1_300_000_000}]}
SAVED = [
    {"path": "model.pt", "bytes": 1_300_000_000, "kept": "files/saved/model.pt", "how": "clone"},
    {"path": "huge.pt", "bytes": 50_000_000_000, "why": "the disk is too full for a copy"},
]
RECORDS = [
    {"source": "code", "upto": 1, "code": CODE},
    {"source": "made", "upto": 1, "made": MADE},
    *({"source": "saved", "upto": number, "saved": saved} for number, saved in enumerate(SAVED, 1)),
]


def test_files_that_it_made_and_what_is_not_kept_of_the_code(wandb: list[str]) -> None:
    make_run(records=RECORDS)

    lines = [line.strip() for line in answer(wandb, "show", "latest", "--all").splitlines()]

    start = lines.index("code       main @ 1a2b3c4 (3 left out)")
    assert lines[start + 1 : start + 4] == [
        "not kept: data.bin, 30.0 MB: larger than 10 MB",
        "not kept: a\\x1b[31m: it may hold secrets",
        "and 1 more",
    ]
    start = lines.index("made       2 files, 1.3 GB; saved 1; 1 could not be saved")
    assert lines[start + 1 : start + 3] == [
        "model.pt, 1.3 GB, saved",
        "huge.pt, 50.0 GB, not saved: the disk is too full for a copy",
    ]


def test_page_without_it_has_one_line_for_them(wandb: list[str]) -> None:
    make_run(records=RECORDS)

    shown = answer(wandb, "show", "latest")

    assert "not kept" not in shown and "huge.pt" not in shown
