"""A line that says only its epoch has its step from the bar beside it, or none."""

from wrapper.text.parsing.output import OutputParser

BLANK = "\r" + " " * 40 + "\r"


def bar(done: int, total: int = 30) -> str:
    return f"\r {done * 100 // total}%|##   | {done}/{total} [00:01<00:10, 4.1it/s]"


def log(epoch: float) -> str:
    return f"{{'loss': '0.5', 'epoch': '{epoch:.4g}'}}\n"


def read_steps(*pieces: str) -> list[tuple[float | None, float | None]]:
    """The epoch and the step of each row, when all comes at once; byte by byte it gives the same."""
    data, one_by_one, whole = "".join(pieces).encode(), OutputParser(80, 24), OutputParser(80, 24)
    rows = [row for byte in data for row in one_by_one.feed(1, bytes([byte]))] + one_by_one.finish()
    assert rows == whole.feed(1, data) + whole.finish()
    return [(row.epoch, row.step) for row in rows]


def test_line_written_through_a_bar_has_the_step_of_the_draw_that_follows() -> None:
    steps = read_steps(bar(0), BLANK, log(0.4), bar(4), BLANK, log(0.8), bar(8), BLANK, log(1.2), bar(12))

    assert steps == [(0.4, 4), (0.8, 8), (1.2, 12)]


def test_row_is_given_when_the_bar_that_follows_is_redrawn() -> None:
    parser = OutputParser(80, 24)

    assert parser.feed(1, (bar(3) + BLANK + log(0.4)).encode()) == []
    assert [row.step for row in parser.feed(1, (bar(4) + bar(5)).encode())] == [4]


def test_rows_keep_their_order() -> None:
    parser = OutputParser(80, 24)

    rows = parser.feed(1, (bar(3) + BLANK + log(0.4) + "step 99 loss: 0.25\n").encode())
    rows += parser.feed(1, (bar(4) + bar(5)).encode())

    assert [row.step for row in rows] == [4, 99]


def test_lines_of_several_epochs_beside_one_draw_have_no_step() -> None:
    steps = read_steps(bar(4), bar(8) + log(0.4), log(0.8), bar(10), bar(20) + log(1.2), bar(22), bar(24))

    assert steps == [(0.4, None), (0.8, None), (1.2, None)]


def test_line_behind_a_bar_has_the_step_that_fits_its_epoch() -> None:
    steps = read_steps(bar(3), bar(4) + log(0.4), bar(5), bar(8) + log(0.8), bar(9))

    assert steps == [(0.4, 4), (0.8, 8)]


def test_full_bar_and_whole_epochs_divide_what_came_at_the_end() -> None:
    steps = read_steps(bar(0), bar(30), "\n", *(log(epoch) for epoch in (0.4, 0.8, 1, 3)))

    assert steps == [(0.4, 4), (0.8, 8), (1, 10), (3, 30)]


def test_row_does_not_wait_for_ever() -> None:
    parser = OutputParser(80, 24)

    rows = parser.feed(1, (bar(3) + BLANK + log(0.4) + "step 99 loss: 0.25\n" * 300).encode())

    assert len(rows) == 301
    assert rows[0].step is None


def test_dict_behind_a_bar_is_read_like_one_on_its_own_line() -> None:
    parser = OutputParser(80, 24)

    (row,) = parser.feed(1, (bar(20) + "{'eval_loss': '2.126', 'eval_runtime': '0.0035'}\n").encode())

    assert row.values == {"eval_loss": 2.126, "eval_runtime": 0.0035}
