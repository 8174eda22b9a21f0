"""The metrics of a run are merged from all attempts, ranks and sources, and read as far as they are written."""

import shutil
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rundir.journals import RUN, Part, metric, read

from wrapper.rundir.history import History
from wrapper.rundir.rows import Rows


def rows(history: History, kind: str | None = None) -> list[tuple[str, float | None, dict[str, Any]]]:
    """Source, step and values of each row that is shown."""
    chosen = {**history.choose(kind)}
    return [(origin.label, row.step, row.values) for origin, row in Rows(history, chosen, set(chosen.values())).read()]


def values(name: str) -> list[Any]:
    return [shown[name] for _source, _step, shown in rows(read()) if name in shown]


def test_objects_within_a_row_become_names_with_dots() -> None:
    Part().log(val={"loss": 1, "by_class": {"cat": 0.5}}, empty={})

    assert rows(read()) == [("metrics", None, {"val.loss": 1, "val.by_class.cat": 0.5, "empty": {}})]


def test_name_is_shown_once_from_the_best_source() -> None:
    part = Part()
    part.print(step=1, loss=0.31, printed=1)
    part.follow("results.csv", step=1, loss=0.312, followed=2)
    part.log(step=1, loss=0.3125)

    assert rows(read()) == [
        ("output", 1, {"printed": 1}),
        ("results.csv", 1, {"followed": 2}),
        ("metrics", 1, {"loss": 0.3125}),
    ]
    assert rows(read(), "output") == [("output", 1, {"loss": 0.31, "printed": 1})]
    assert rows(read(), "followed") == [("results.csv", 1, {"loss": 0.312, "followed": 2})]


def test_of_two_files_the_one_that_has_more_is_shown() -> None:
    part = Part()
    part.follow("few.csv", step=0, loss=1.0)
    for step in range(3):
        part.follow("many.csv", step=step, loss=step / 2)

    assert rows(read()) == [("many.csv", step, {"loss": step / 2}) for step in range(3)]


def test_leading_rank_leads_and_the_others_add_what_only_they_have() -> None:
    Part(rank=1).log(step=0, loss=2.0, only_here=1)
    Part(rank=0).log(step=0, loss=1.0)

    assert sorted(rows(read())) == [("metrics", 0, {"loss": 1.0}), ("metrics of rank 1", 0, {"only_here": 1})]


def test_ranks_that_print_through_one_launcher_are_told_apart() -> None:
    part = Part()
    for rank in (1, 0):
        part.add("parsed", row={"loss": float(rank)}, step=5, rank=rank)

    assert rows(read()) == [("output", 5, {"loss": 0.0})]


def test_rows_of_the_same_step_are_one() -> None:
    part = Part()
    part.follow("events", step=1, loss=0.5)
    part.follow("events", step=1, acc=0.9)
    part.follow("events", step=2, loss=0.4)
    part.follow("events", step=2, loss=0.3)

    assert [row for _source, *row in rows(read())] == [[1, {"loss": 0.5, "acc": 0.9}], [2, {"loss": 0.3}]]


def test_printed_rows_of_the_same_step_stay_apart() -> None:
    part = Part()
    part.print(step=1, loss=0.5)
    part.print(step=1, loss=0.4)

    assert values("loss") == [0.5, 0.4]


def test_steps_that_go_back_and_forth_are_put_in_order() -> None:
    part = Part()
    for step in (3, 1, 2, 1):
        part.log(step=step, **{f"from{step}": step, "last": step * 10})
    part.log(step=1, last=99)

    assert [row for _source, *row in rows(read())] == [
        [1, {"from1": 1, "last": 99}],
        [2, {"from2": 2, "last": 20}],
        [3, {"from3": 3, "last": 30}],
    ]


def test_later_attempt_goes_over_what_earlier_ones_had_from_its_first_step_on() -> None:
    for attempt, steps in enumerate([range(0, 50, 10), range(30, 70, 10), range(50, 60, 10)]):
        part = Part(attempt)
        for step in steps:
            part.log(step=step, by=attempt)

    assert [(step, shown["by"]) for _source, step, shown in rows(read())] == [
        *[(0, 0), (10, 0), (20, 0)],
        *[(30, 1), (40, 1)],
        (50, 2),
    ]
    found = metric("by")
    assert found.max and (found.count, found.max.value, found.max.row.step) == (6, 2, 50)
    assert [step for _source, step, _values in rows(read(attempt=0))] == [0, 10, 20, 30, 40]


def test_steps_that_begin_anew_in_each_epoch_are_compared_within_it() -> None:
    first, second = Part(0), Part(1)
    for epoch in (1, 2, 3):
        for step in (10, 20):
            first.print(step=step, epoch=epoch, by=0)
    first.print(result=1)
    second.print(step=20, epoch=2, by=1)

    assert values("by") == [0, 0, 0, 1]
    assert values("result") == []


def test_attempts_that_say_no_step_are_shown_one_after_the_other() -> None:
    Part(0).print(loss=3.0)
    Part(1).print(loss=2.0)

    assert values("loss") == [3.0, 2.0]


def test_what_is_new_is_taken_in_and_a_line_being_written_is_left() -> None:
    part, history = Part(), History(RUN)
    assert not history.read()
    part.log(step=0, loss=2.0)
    assert history.read()
    journal = part.path / "journal.jsonl"
    whole = journal.read_bytes()
    part.log(step=1, loss=1.0)
    torn = journal.read_bytes()
    journal.write_bytes(torn[:-5])

    assert not history.read() or history.metrics(False)["loss"].count == 1
    with journal.open("ab") as file:
        file.write(torn[-5:])
    history.read()

    assert torn.startswith(whole)
    assert history.metrics(False)["loss"].count == 2


def test_attempt_that_begins_while_one_looks_takes_over() -> None:
    first, history = Part(0), History(RUN)
    for step in range(5):
        first.log(step=step, loss=float(step))
    history.read()

    second = Part(1)
    second.log(step=2, loss=20.0)
    history.read()

    found = history.metrics(False)["loss"]
    assert found.last and found.max
    assert (found.count, found.last.value, found.max.value) == (3, 20.0, 20.0)


def test_damaged_records_are_left_out() -> None:
    part = Part()
    part.log(step=0, loss=1.0)
    with (part.path / "journal.jsonl").open("ab") as file:
        file.write(b'{"n": 2, "row": {"lo\n[1, "row"]\n{"source": "metrics", "at": 1, "row": 7}\n"row", {"row": 1}\n')
        file.write(
            b'{"source": "metrics", "at": 5, "row": {"loss": 2.0}, "step": "x", "epoch": NaN}\n' + bytes(9) + b"\n"
        )
    Part().log(step=1, loss=3.0)

    assert values("loss") == [1.0, 2.0, 3.0]


def test_config_is_merged_the_better_source_over_the_other() -> None:
    part = Part()
    part.add("metrics", config={"optimizer": {"lr": 4}})
    part.add("followed:.hydra/config.yaml", config={"optimizer": {"lr": 3, "name": "adam"}, "seed": 3})
    part.add("arguments", config={"optimizer": {"lr": 2}, "seed": 2, "flag": True})
    part.add("config", config={"optimizer": {"lr": 1, "betas": [0.9, 0.999]}, "seed": 1})

    assert read().config() == {
        "optimizer": {"lr": 4, "name": "adam", "betas": [0.9, 0.999]},
        "seed": 3,
        "flag": True,
    }


def test_what_is_said_to_be_the_result_is_merged() -> None:
    part = Part()
    part.add("metrics", summary={"best": {"acc": 1, "epoch": 3}})
    part.add("metrics", summary={"best": {"acc": 2}}, row={"loss": 1}, time=1, step=1, epoch=1)

    assert read().summary() == {"best": {"acc": 2, "epoch": 3}}


def test_lines_that_were_skipped_are_counted() -> None:
    part = Part()
    for _ in range(2):
        part.add("parsed", skipped={"lines": 10, "bytes": 1000})

    latest = read().latest

    assert latest and (latest.skipped_lines, latest.skipped_bytes) == (20, 2000)


def test_row_waits_a_moment_for_more_values() -> None:
    part, history = Part(), History(RUN)
    where: dict[str, Any] = {}
    wanted: set[Any] = set()
    shown = Rows(history, where, wanted)

    def look() -> list[dict[str, Any]]:
        history.read()
        where.update(history.choose())
        wanted.update(where.values())
        return [row.values for _origin, row in shown.read(is_all=False)]

    part.log(step=0, loss=1)
    first = look()
    part.log(step=0, acc=2)
    part.log(step=1, loss=3)

    assert (first, look(), look(), look()) == ([], [{"loss": 1, "acc": 2}], [{"loss": 3}], [])


def test_rows_are_given_no_further_than_the_history_has_been_read() -> None:
    part, history = Part(), read()
    for step in range(5):
        part.log(step=step, loss=step)
    history.read()
    part.log(step=5, late=1)

    assert len(rows(history)) == 5


@given(st.lists(st.integers(0, 3000), max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_it_grows_it_is_read_as_in_one_piece(cuts: list[int], random: Random) -> None:
    shutil.rmtree(RUN, ignore_errors=True)
    part = Part()
    for step in range(12):
        getattr(part, random.choice(["log", "print"]))(step=step // 2, **{random.choice("abc"): random.random()})
    whole, journal = (part.path / "journal.jsonl").read_bytes(), part.path / "journal.jsonl"

    history = History(RUN)
    for cut in [*sorted(cuts), len(whole)]:
        journal.write_bytes(whole[:cut])
        history.read()

    # But for the mean: what is added up in another order is rounded otherwise.
    found, at_once = (
        {name: replace(metric, mean=0) for name, metric in it.metrics(True).items()} for it in (history, read())
    )
    assert found == at_once
    assert rows(history) == rows(read())


def test_names_without_end_are_bounded_and_counted() -> None:
    part = Part()
    for number in range(21):
        part.log(**{f"name_{number}_{n}": n for n in range(1000)})

    (track,) = read().tracks(read().origins()[0])

    assert (len(track.series), track.left_out) == (20_000, 1000)
