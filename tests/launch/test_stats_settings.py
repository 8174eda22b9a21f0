"""How often the machine is looked at, and what its energy costs, is set as everything else is."""

import json
import subprocess
from pathlib import Path

import pytest
from kept import only_part

from wrapper.launch.options import UsageError, parse_run
from wrapper.launch.settings import Settings, resolve


def resolved(*options: str, **variables: str) -> Settings:
    return resolve(parse_run([*options, "true"]), variables, str(Path.cwd()))


def test_default_is_every_two_seconds_and_an_average_of_thirty() -> None:
    settings = resolved()

    assert (settings.stats_interval, settings.stats_average, settings.energy_price) == (2.0, 30.0, None)


def test_flag_goes_over_variable_and_that_over_the_file() -> None:
    Path("wandb.yaml").write_text("stats_interval: 5\nstats_average: 50\nenergy_price: 0.30 EUR\n")

    assert resolved().stats_interval == 5.0 and resolved().energy_price == "0.30 EUR"
    assert resolved(WANDB_STATS_INTERVAL="4").stats_interval == 4.0
    assert resolved("--stats-interval", "0", WANDB_STATS_INTERVAL="4").stats_interval == 0.0
    assert resolved(WANDB_STATS_AVERAGE="60s", WANDB_ENERGY_PRICE="€0.4").stats_average == 60.0


@pytest.mark.parametrize("text", ["often", "-1", "nan", "inf", "0.001", "1e9", ""])
def test_time_that_makes_no_sense(text: str) -> None:
    with pytest.raises(UsageError, match=r"--stats-interval: .* is no time in seconds"):
        parse_run([f"--stats-interval={text}", "true"])


def test_nonsense_in_a_file_is_a_warning_and_the_default_holds() -> None:
    Path("wandb.yaml").write_text("stats_interval: often\nenergy_price: cheap\n")

    settings = resolved()

    assert settings.stats_interval == 2.0 and settings.energy_price is None
    assert [problem.partition(": ")[0] for problem in settings.problems] == ["wandb.yaml line 1", "wandb.yaml line 2"]


def test_part_says_how_often(wandb: list[str]) -> None:
    subprocess.run([*wandb, "run", "--stats-interval", "1", "--energy-price", "1 CHF", "true"], check=True)

    facts = json.loads((only_part().path / "part.json").read_text())
    assert facts["stats"] == {"interval": 1.0, "average": 30.0, "energy_price": "1 CHF"}
