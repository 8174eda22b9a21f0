"""From bytes to rows, with everything between them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wrapper.text.parsing.output import OutputParser
from wrapper.text.parsing.progress import Progress
from wrapper.text.parsing.rows import Row

BAR = "\r{:3.0f}%|###   | {}/{} [00:01<00:02, 9.1it/s, loss={}]"
PIECES = st.sampled_from(
    [
        *("\r", "\n", "\x1b[A", "\x1b[K", "\x1b[H\x1b[2J", "loss: 0.5\n", "Epoch 3/5\n", "step 7 acc 0.5\n", "é"),
        *(BAR.format(done / 3, done, 300, done / 1000) for done in (0, 30, 60, 299, 300)),
        *(
            "| step | loss |\n|---|---|\n",
            "| 5 | 0.5 |\n",
            "{'loss': 0.25, 'epoch': 0.5}\n",
            "\r" + " " * 60 + "\r",
            "drift=0.5\ndrift=0.4\n",
        ),
    ]
)
OUTPUT = st.lists(st.tuples(st.sampled_from([1, 2]), st.lists(PIECES, max_size=12).map("".join)), max_size=6)


def bar(step: int) -> str:
    return BAR.format(step * 2.5, step, 40, 0.5)


def read(pieces: list[tuple[int, str]], size: int = 0) -> tuple[str, Progress | None, dict[str, float]]:
    """The rows, the progress and the last values, of what is fed in pieces of that size."""
    parser, rows = OutputParser(80, 24), []
    for stream, text in pieces:
        data = text.encode()
        for start in range(0, len(data), size or 1 << 20):
            rows += parser.feed(stream, data[start : start + (size or 1 << 20)])
    return repr(rows + parser.finish()), parser.progress, parser.live()


@given(OUTPUT, st.integers(1, 60))
@settings(deadline=None, max_examples=200)
def test_cut_anywhere_gives_the_same(pieces: list[tuple[int, str]], size: int) -> None:
    assert read(pieces, size) == read(pieces)


def test_stretch_without_a_digit_may_have_a_value() -> None:
    rows = OutputParser().feed(1, b"loading\n" * 20 + b"loss: nan\n" + b"going on\n" * 20)

    assert [list(row.values) for row in rows] == [["loss"]]


def test_row_is_given_with_its_line() -> None:
    parser = OutputParser()

    assert [row.values for row in parser.feed(1, b"step 1 loss: 0.5\nstep 2 lo")] == [{"loss": 0.5}]
    assert [row.values for row in parser.feed(1, b"ss: 0.4\n")] == [{"loss": 0.4}]


def test_bar_of_one_stream_does_not_end_a_table_of_the_other() -> None:
    parser = OutputParser()

    parser.feed(1, b"epoch  loss\n")
    for done in range(10):
        parser.feed(2, f"loading {done}0% of it\n".encode())

    assert parser.feed(1, b"1      0.5\n") == [Row({"loss": 0.5}, None, 1, None, 12)]


def test_bar_of_one_stream_is_the_step_of_the_other() -> None:
    parser = OutputParser()
    rows = []

    for step in range(1, 46):
        parser.feed(2, f"\r {step}%|#    | {step}/45 [00:01<00:10, 4.1it/s]".encode())
        if step % 5 == 0:
            rows += parser.feed(1, f"{{'loss': 0.5, 'epoch': {step / 15:.4f}}}\n".encode())
    rows += parser.finish()

    assert [row.step for row in rows] == list(range(5, 46, 5))


def test_long_bar_is_a_curve() -> None:
    parser, rows = OutputParser(80, 24), []

    for step in range(1001):
        rows += parser.feed(2, BAR.format(step / 10, step, 1000, (1001 - step) / 1000).encode())
    rows += parser.finish()

    assert [row.step for row in rows] == list(range(10, 1001, 10))
    assert rows[0].values == {"loss": 0.991}


@pytest.mark.parametrize(("epochs", "steps"), [(4, [*range(40, 1000, 40)]), (200, [])])
def test_long_bar_of_one_of_many_epochs_has_its_share_of_a_hundred_points(epochs: int, steps: list[int]) -> None:
    parser, rows = OutputParser(80, 24), []

    for step in range(1000):
        bar = BAR.format(step / 10, step, 1000, 0.5).replace("\r", f"\rEpoch 1/{epochs}: ")
        rows += parser.feed(2, bar.encode())

    assert [(row.step, row.epoch) for row in rows] == [(step, 1) for step in steps]


def test_short_bar_is_its_last_state() -> None:
    parser, rows = OutputParser(80, 24), []

    for step in range(101):
        rows += parser.feed(2, BAR.format(step, step, 100, (101 - step) / 1000).encode())

    assert [row.step for row in rows + parser.finish()] == [100]


def test_validation_is_its_last_state_however_long() -> None:
    parser, rows = OutputParser(80, 24), []

    for step in range(1001):
        rows += parser.feed(2, BAR.format(step / 10, step, 1000, 0.5).replace("loss", "val_loss").encode())

    assert [row.step for row in rows + parser.finish()] == [1000]


def test_values_in_a_bar_are_live() -> None:
    parser = OutputParser(80, 24)

    parser.feed(1, b"step 1 acc: 0.5\n")
    for step in range(1, 9):
        parser.feed(1, BAR.format(step, step, 100, step / 10).encode())

    assert parser.live() == {"acc": 0.5, "loss": 0.8}


def test_bar_and_epoch_tell_the_progress() -> None:
    parser = OutputParser()

    parser.feed(1, b"Epoch 2/4\n")
    assert parser.progress == Progress(1, 4, "epoch")
    for step in range(1, 7):
        parser.feed(2, BAR.format(step, step, 10, 0.5).encode())
    assert parser.progress == Progress(1.6, 4, "epoch")


def test_progress_does_not_go_back_when_the_bar_begins_anew() -> None:
    parser, seen = OutputParser(80, 24), []

    for piece in ("Epoch 1/3\n", *(bar(step) for step in (29, 40, 2)), "\nEpoch 2/3\n", *map(bar, (3, 15))):
        parser.feed(1, piece.encode())
        seen.append(parser.progress)

    assert [progress.done for progress in seen if progress] == [0, 0.725, 1, 1, 1, 1.075, 1.375]


def test_result_of_an_epoch_that_comes_late_takes_nothing_back() -> None:
    parser = OutputParser()

    parser.feed(1, b"Epoch 2/3\n" + bar(20).encode() + b"\nEpoch 1/3 val_loss: 0.5\n")

    assert parser.progress == Progress(1.5, 3, "epoch")


def test_training_that_begins_anew_begins_its_progress_anew() -> None:
    parser = OutputParser()

    parser.feed(1, b"Epoch 3/3 loss: 0.5\nEpoch 1/3\n")

    assert parser.progress == Progress(0, 3, "epoch")


def test_epoch_that_comes_with_its_result_is_over() -> None:
    parser = OutputParser()

    parser.feed(1, b"Epoch 2/4 loss: 0.5 acc: 0.7\n")

    assert parser.progress == Progress(2, 4, "epoch")


def test_outermost_bar_tells_the_progress() -> None:
    parser = OutputParser()

    parser.feed(2, b"\r100%|###| 9000/9000 [00:01<00:00, 9.1kB/s]\n")
    for outer in range(3):
        parser.feed(2, f"\r 10%|###   | {outer}/5 [00:01<00:02, 9.1it/s]\n".encode())
        for inner in range(100):
            parser.feed(2, f"\r 10%|###   | {inner}/100 [00:01<00:02, 9.1it/s]".encode())
        parser.feed(2, b"\x1b[A")

    assert parser.progress == Progress(2, 5, "step")


def test_no_progress_without_a_total() -> None:
    parser = OutputParser()

    parser.feed(1, b"step 1 loss: 0.5\n")

    assert parser.progress is None


def test_resize_is_followed() -> None:
    parser = OutputParser(20, 5)

    rows = parser.feed(1, b"step 1 loss: 0.5 acc: 0.1")
    parser.resize(80, 5)
    rows += parser.feed(1, b" lr: 0.1\n")

    assert [row.values for row in rows] == [{"loss": 0.5, "acc": 0.1, "lr": 0.1}]


@given(OUTPUT)
@settings(deadline=None, max_examples=100)
def test_who_asks_for_progress_changes_no_row(pieces: list[tuple[int, str]]) -> None:
    parser, rows = OutputParser(80, 24), []

    for stream, text in pieces:
        rows += parser.feed(stream, text.encode())
        assert (parser.progress, parser.live()) == (parser.progress, parser.live())

    assert repr(rows + parser.finish()) == read(pieces)[0]
