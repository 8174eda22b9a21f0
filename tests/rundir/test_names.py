"""Names of runs and parts."""

import re

import pytest

from wrapper.rundir.names import is_run_id, make_id, make_name, part_name, read_part_name


def test_ids_are_eight_letters_and_digits_and_differ():
    ids = {make_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert all(re.fullmatch("[a-z0-9]{8}", word) and is_run_id(word) for word in ids)


def test_name_is_two_words_and_the_number():
    assert re.fullmatch("[a-z]+-[a-z]+-12", make_name(12))


@pytest.mark.parametrize("text", ["", ".", "..", "a/b", "-x", "a b", "x" * 65, "é", "a\n"])
def test_what_cannot_be_a_directory_of_ours_is_no_id(text):
    assert not is_run_id(text)


@pytest.mark.parametrize(("text", "part"), [("0-0", (0, 0)), ("12-3", (12, 3))])
def test_part_name_says_attempt_and_rank(text, part):
    assert read_part_name(text) == part
    assert part_name(*part) == text


@pytest.mark.parametrize("text", ["", "0", "-", "0-", "-0", "a-b", "0-0-0", "keys", "٣-0"])
def test_other_names_are_no_parts(text):
    assert read_part_name(text) is None
