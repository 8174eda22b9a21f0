"""`wandb show` says in a line what the machine is, and in another how busy it was."""

import json

import pytest

from wrapper.cli.machine import in_full, load_text, machine_text
from wrapper.rundir.reading import Part

GPU = {"name": "NVIDIA H100 80GB HBM3", "memory_bytes": 85520809984}


@pytest.fixture
def part(tmp_path):
    """A part with these records, and this price of energy."""

    def make(*records, price=None):
        lines = [json.dumps({"n": number, "at": 0.0, **record}) for number, record in enumerate(records, 1)]
        (tmp_path / "journal.jsonl").write_text("".join(line + "\n" for line in lines))
        return Part(tmp_path, 0, 0, {"stats": {"energy_price": price}}, None)

    return make


def described(**facts):
    return {"source": "machine", "upto": 1, "machine": facts}


def sampled(most=None, **values):
    sample = {f"system.{name.replace('__', '.')}": value for name, value in values.items()}
    return {"source": "system", "upto": 1, "sample": sample, "max": {f"system.{k}": v for k, v in (most or {}).items()}}


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"cpu": "AMD EPYC 9554", "cores": 64, "threads": 64, "usable": 64}, "AMD EPYC 9554, 64 cores"),
        ({"cpu": "AMD EPYC 9554", "cores": 64, "threads": 128, "usable": 16}, "AMD EPYC 9554, 16 of 128 processors"),
        ({"cpu": "x", "cores": 1, "memory_bytes": 25_276_510_208}, "x, 1 core, 24 GB"),
        ({"memory_bytes": 25_276_510_208, "cgroup": {"memory_bytes": 8 << 30}}, "8.0 GB of 24 GB"),
        ({"cpu": "x", "gpus": [GPU] * 8}, "x; 8 × H100 80GB HBM3"),
        ({"cpu": "x", "gpus": [GPU, {"name": "Tesla T4"}]}, "x; H100 80GB HBM3, Tesla T4"),
        ({}, ""),
    ],
)
def test_machine_in_a_line(part, facts, text):
    assert machine_text(in_full(part(described(**facts)))["machine"] or {}) == text


def test_records_about_the_machine_are_merged(part):
    known = in_full(part(described(cpu="x"), described(gpus=[GPU])))

    assert known["machine"] == {"cpu": "x", "gpus": [GPU]}


def test_load_is_the_mean_and_the_highest(part):
    known = in_full(
        part(
            sampled(cpu=30, proc__memory__rssMB=2000, most={"proc.memory.rssMB": 6000}),
            sampled(cpu=50, proc__memory__rssMB=3000, most={"cpu": 98}),
        )
    )

    assert load_text(known["load"]) == "CPU 40 % (most 98 %), memory up to 5.9 GB"
    assert known["load"]["memory_bytes_max"] == 6000 * (1 << 20)


def test_gpus_of_the_run_count_where_they_are_known(part):
    ours = sampled(gpu__0__gpu=100, gpu__1__gpu=0, gpu__process__0__gpu=90)
    nobodys = sampled(gpu__0__gpu=100, gpu__1__gpu=0)

    assert load_text(in_full(part(ours))["load"]) == "GPU 90 %"
    assert load_text(in_full(part(nobodys))["load"]) == "the machine's 2 GPUs 50 %"


@pytest.mark.parametrize(
    ("values", "price", "text"),
    [
        ({"gpu__energyKWh": 1.25, "gpu__energyCost": 0.375}, "0.30 EUR", "1.2 kWh (0.38 EUR)"),
        ({"gpu__energyKWh": 0.0041, "gpu__energyCost": 0.001}, "0.3", "4.1 Wh (0.00)"),
        ({"gpu__energyKWh": 0.5}, None, "500 Wh"),
    ],
)
def test_energy_and_its_price(part, values, price, text):
    assert load_text(in_full(part(sampled(**values), price=price))["load"]) == text


def test_run_of_which_nothing_was_sampled_has_no_load(part):
    assert in_full(part()) == in_full(None) == {"machine": None, "load": None}
    assert load_text({}) == machine_text({}) == ""


def test_record_that_is_damaged_is_left_out(part):
    damaged = part({"source": "system", "sample": "x"}, {"source": "machine", "machine": 3})

    assert in_full(damaged) == {"machine": None, "load": None}
