"""What was made of the run directory is heard, however the processors are shared out."""

import os
import signal

from waiting import wait_until

from wrapper.launch import making

ANSWER = ["kept", "live", "/part", "run", "name"]


def test_answer_that_is_there_counts_after_the_time_is_over(monkeypatch, tmp_path):
    def tell_at_once(tell):
        tell(ANSWER)
        (tmp_path / "told").touch()

    asked = making.Making(tell_at_once)
    wait_until((tmp_path / "told").exists)
    monkeypatch.setattr(making, "LONGEST_WAIT_S", 0.0)

    made = asked.wait()

    assert (made.state, made.part, made.run, made.name) == ("kept", "/part", "run", "name")
    asked.reap()


def test_answer_counts_before_its_pipe_is_closed():
    def tell_while_another_lives(tell):
        pid = os.fork()
        if not pid:
            signal.pause()
        tell([*ANSWER[:-1], str(pid)])

    asked = making.Making(tell_while_another_lives)

    made = asked.wait()

    assert made.state == "kept"
    os.kill(int(made.name), signal.SIGKILL)
    asked.reap()
