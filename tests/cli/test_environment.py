"""`wandb show` says what a run ran in, and how many secrets are masked in what is kept of it."""

from __future__ import annotations

import json

from cli.asking import answer
from cli.runs import make_run

ENVIRONMENT = {
    "interpreter": {"implementation": "CPython", "version": "3.11.9", "kind": "venv"},
    "requirements": {"path": "files/requirements.txt", "count": 214},
    "container": {"kind": "docker"},
    "variables": {"HF_TOKEN": "***"},
    "masked": ["HF_TOKEN"],
}
RECORDS = [
    {"source": "environment", "upto": 1, "environment": {"container": {"kind": "docker"}}},
    {"source": "environment", "upto": 2, "environment": ENVIRONMENT},
    {"source": "config:a.yaml", "upto": 1, "file": {"path": "a.yaml", "masked": True}},
    {
        "source": "code",
        "upto": 1,
        "code": {
            "remote_masked": True,
            "masked": [
                {"in": "files/diff.patch", "path": "a.py", "lines": 3, "applies": True},
                {"in": "files/diff-upstream.patch", "path": "a.py", "lines": 3, "applies": True},
            ],
        },
    },
]


def test_page_has_a_line_for_each(wandb: list[str]) -> None:
    make_run(records=RECORDS, part={"masked": 2})

    shown = answer(wandb, "show", "latest")

    assert "  python     CPython 3.11.9 (venv), 214 packages; docker\n" in shown
    assert (
        "  masked     8 secrets: 2 in arguments, 1 in variables, 1 in config files, 3 in code, 1 in the remote\n"
        in shown
    )


def test_program_of_machine_code_has_a_line_of_its_own(wandb: list[str]) -> None:
    binary = {"path": "/bin/train", "bytes": 44_000, "sha256": "4add4bb89d8ca0e3", "libraries": ["/lib/libc.so.6"]}
    make_run(records=[{"source": "environment", "upto": 2, "environment": {"binary": binary}}])

    assert "  binary     44.0 kB, SHA-256 4add4bb89d8c…, 1 library\n" in answer(wandb, "show", "latest")


def test_version_of_cuda_that_counts_is_shown(wandb: list[str]) -> None:
    cuda = {"driver": "550.54", "torch_cuda": "12.4", "toolkit": "11.8"}
    make_run(records=[{"source": "environment", "upto": 2, "environment": {**ENVIRONMENT, "cuda": cuda}}])

    assert "  python     CPython 3.11.9 (venv), 214 packages, CUDA 12.4; docker\n" in answer(wandb, "show", "latest")


def test_json_has_all_of_it(wandb: list[str]) -> None:
    make_run(records=RECORDS)

    found = json.loads(answer(wandb, "show", "latest", "--json"))

    assert found["environment"] == ENVIRONMENT
    assert found["masked"] == {"variables": 1, "config files": 1, "code": 3, "the remote": 1}


def test_run_of_which_nothing_is_known_has_no_line(wandb: list[str]) -> None:
    make_run()

    shown = answer(wandb, "show", "latest")

    assert "  python  " not in shown and "masked" not in shown
