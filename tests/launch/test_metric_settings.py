"""What the settings say of the metrics in the output, and a pattern that cannot work."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from wrapper.launch.options import parse_run
from wrapper.launch.settings import Settings, resolve


def resolved(*flags: str) -> Settings:
    return resolve(parse_run([*flags, "train"]), {"HOME": os.environ["HOME"]}, str(Path.cwd()))


def kept() -> dict[str, Any]:
    (part,) = Path(".wandb-wrapper").glob("*/*/part.json")
    facts: dict[str, Any] = json.loads(part.read_text())["metrics"]
    return facts


def test_patterns_of_all_levels_hold() -> None:
    Path("wandb.yaml").write_text('metrics:\n  - "a: {a}, {b}"\n  - "/(?P<c>1)/"\nignore: lr\nparse: no\n')

    settings = resolved("--metric", "d {d}", "--ignore", "x")

    assert (settings.metrics, settings.ignore) == (["d {d}", "a: {a}, {b}", "/(?P<c>1)/"], ["x", "lr"])
    assert not settings.parse
    assert (settings.origins["metrics"], settings.origins["parse"]) == ("--metric", "wandb.yaml line 5")
    assert settings.problems == []


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ('metrics: "a {a"\n', 'wandb.yaml line 1: "{" without its other half\n  a {a\n    ^'),
        ('# ours\nmetrics:\n  - "a"\n', "wandb.yaml line 2: there is no field such as {loss} in it\n  a\n   ^"),
        ("metrics:\n  - a: {a}\n", "wandb.yaml line 1: metrics is a list of texts; put each between quotation marks"),
    ],
)
def test_pattern_that_cannot_work_is_refused(text: str, refusal: str) -> None:
    Path("wandb.yaml").write_text(text)

    assert resolved().refusal == refusal


def test_part_says_what_is_looked_for(wandb: list[str]) -> None:
    Path("wandb.yaml").write_text('metrics: ["a {a}"]\n')

    subprocess.run([*wandb, "run", "--ignore", "lr", "--metric", "b {b}", "true"], check=True)

    assert kept() == {"parse": True, "patterns": ["b {b}", "a {a}"], "ignore": ["lr"]}
