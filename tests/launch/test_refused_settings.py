"""A setting that a person relies on and that nobody understands: the command is not started."""

import subprocess
from pathlib import Path

import pytest

REFUSED = {
    "metric": ("a {a", 'metrics: ["a {a"]', '"{" without its other half\n  a {a\n    ^'),
    "stop-if": ("loss > five", "stop_if: loss > five", '"five" is no number\n  loss > five\n         ^'),
    "stop-after": ("2", "stop_after: 2", "2 of what? 2s, 2m or 2h\n  2\n   ^"),
}


@pytest.mark.parametrize("is_option", [True, False], ids=["option", "wandb.yaml"])
@pytest.mark.parametrize("name", REFUSED)
def test_command_is_not_started_with_what_nobody_understands(wandb: list[str], name: str, is_option: bool) -> None:
    text, line, problem = REFUSED[name]
    if not is_option:
        Path("wandb.yaml").write_text(f"{line}\n")
    options = [f"--{name}", text] if is_option else []

    done = subprocess.run([*wandb, "run", *options, "touch", "started"], capture_output=True, text=True)

    place = f"--{name}" if is_option else "wandb.yaml line 1"
    assert (done.returncode, done.stderr) == (2, f"wandb: {place}: {problem}\n")
    assert not Path("started").exists()
    assert not Path(".wandb-wrapper").exists()
