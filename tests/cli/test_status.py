"""`wandb status` says where runs are kept, what holds for the next, and where that was said."""

import json
import os
from pathlib import Path

from cli.asking import answer, ask, look_at
from cli.runs import make_run, started_ago

PAGE = """\
runs        2 in kept/.wandb-wrapper  (WANDB_DIR)
mode        offline: kept here  (wandb.yaml line 2)
project     mnist  (wandb.yaml line 1)
tags        a, b  (WANDB_TAGS)
live        yes  (~/.config/wandb-wrapper/settings.yaml line 1)
your own    ~/.config/wandb-wrapper/settings.yaml

! WANDB_RESUME: resume is one of allow, must, never, auto, and not "x"; it is ignored
● r1aaaaaa  calm-heron-11  1h07m  python train.py --lr 0.1
"""


def test_page_has_each_setting_and_where_it_is_from(wandb: list[str], tmp_path: Path) -> None:
    make_run(
        "r1aaaaaa",
        folder=tmp_path / "kept/.wandb-wrapper",
        is_running=True,
        run={"name": "calm-heron-11"},
        part=started_ago(4030),
    )
    make_run("f1aaaaaa", folder=tmp_path / "kept/.wandb-wrapper")
    Path("wandb.yaml").write_text("project: mnist\nmode: offline\n")
    mine = Path(os.environ["HOME"], ".config/wandb-wrapper/settings.yaml")
    mine.parent.mkdir(parents=True)
    mine.write_text("live: true\n")

    shown = look_at(wandb, "status", WANDB_DIR="kept", WANDB_TAGS="a,b", WANDB_RESUME="x")

    assert shown == PAGE


def test_nothing_set_and_nothing_kept(wandb: list[str]) -> None:
    assert answer(wandb, "status") == (
        "runs        0 in .wandb-wrapper\n"
        "mode        online: kept here, and sent once there is a server\n"
        "your own    ~/.config/wandb-wrapper/settings.yaml\n"
        "\n"
        "Nothing is running.\n"
    )


def test_json_has_every_setting_with_its_origin(wandb: list[str], tmp_path: Path) -> None:
    make_run(is_running=True)

    found = json.loads(ask(wandb, "status", "--json", WANDB_MODE="dryrun").stdout)

    assert found["folder"] == str(tmp_path / ".wandb-wrapper")
    assert (found["runs"], [run["id"] for run in found["running"]]) == (1, ["k3v9x2ab"])
    assert found["settings"]["mode"] == {"value": "offline", "origin": "WANDB_MODE"}
    assert found["settings"]["project"] == {"value": None, "origin": "default"}
    assert found["problems"] == []


def test_no_home_directory_is_no_error(wandb: list[str]) -> None:
    assert "no home directory to keep them in" in ask(wandb, "status", HOME="").stdout
