"""The processes of a run are known by their parents, without reading all that there are."""

import os
import subprocess
import sys

import pytest
from waiting import is_running, wait_until

from wrapper.recorder.measuring import tree
from wrapper.recorder.measuring.tree import Tree, children, read_process
from wrapper.recorder.writers import ancestors

READY_AND_WAIT = "import sys; print('ready', flush=True); sys.stdin.read()"
FORK = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {READY_AND_WAIT!r}])"
FORK_IN_THREAD = (
    f"import threading; thread = threading.Thread(target=lambda: exec({FORK!r})); thread.start(); thread.join()"
)


@pytest.fixture
def start():
    """Start a program that says ready; it ends with its input."""
    runs = []

    def go(program):
        run = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        runs.append(run)
        assert run.stdout.readline() == "ready\n"
        return run

    yield go
    for run in runs:
        run.communicate()


def newest():
    with open("/proc/loadavg", "rb") as file:
        return file.read()


@pytest.mark.parametrize("program", [FORK, FORK_IN_THREAD])
@pytest.mark.parametrize("has_lists", [True, False])
def test_children_are_found_whichever_thread_made_them(start, monkeypatch, program, has_lists):
    monkeypatch.setattr(tree, "can_list_children", lambda: has_lists)
    run = start(program)

    family = Tree(run.pid, set())
    usage = family.look(newest())

    assert usage.processes == 2 and len(family.members) == 2
    assert usage.memory_bytes > 4 << 20


def test_process_that_ended_is_no_member_any_more(start):
    run = start(FORK)
    family = Tree(run.pid, set())
    family.look(newest())
    run.communicate()

    assert family.look(newest()).processes == 0


def test_time_of_a_child_that_ended_counts_once():
    worker = "end = __import__('time').process_time() + 0.3\nwhile __import__('time').process_time() < end: pass"
    program = (
        "import subprocess, sys; print('ready', flush=True); sys.stdin.readline();"
        f"subprocess.run([sys.executable, '-c', {worker!r}]); print('done', flush=True); sys.stdin.read()"
    )
    run = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    run.stdout.readline()
    family = Tree(run.pid, set())
    run.stdin.write("\n")
    run.stdin.flush()
    used_s = 0.0
    while not (lines := children(run.pid, 1)) or family.look(newest()).processes < 2:
        assert run.poll() is None
    while is_running(lines[0]):
        used_s += family.look(newest()).cpu_s
    run.stdout.readline()
    used_s += family.look(newest()).cpu_s
    run.communicate()

    assert 0.2 < used_s < 0.6


@pytest.mark.parametrize("read_first", ["parent", "child"])
def test_time_of_a_child_that_ends_while_we_look_counts_once(monkeypatch, read_first):
    command = os.getpid()
    used_ticks = {command: 10, 2: 0}
    monkeypatch.setattr(tree, "read_process", lambda pid: fake_process(command, used_ticks, pid))
    monkeypatch.setattr(tree, "children", lambda pid, threads: [2] if pid == command else [])
    family = Tree(command, set())
    family.look(b"3")
    used_ticks[2] = 30
    used_s = family.look(b"3").cpu_s

    # It ends and is waited for, after one of the two was read and before the other was.
    during = {command: 10} if read_first == "parent" else {command: 40, 2: 30}
    for now in (during, {command: 40}, {command: 140}):
        used_ticks.clear()
        used_ticks.update(now)
        used_s += family.look(b"3").cpu_s

    assert used_s * tree.TICKS == pytest.approx(130)


def fake_process(command, used_ticks, pid):
    """What /proc would say of it, with so much time used."""
    if pid not in used_ticks:
        return None
    fields = [b"R", b"%d" % (1 if pid == command else command), *[b"0"] * 22]
    fields[11], fields[17], fields[19] = b"%d" % used_ticks[pid], b"1", b"%d" % (tree.ticks_since_boot() + 1)
    process = tree.Process(fields)
    process.began = pid
    return process


def test_ancestors_are_processes():
    assert ancestors(os.getpid())[0] == os.getppid()
    assert not any(0 in ancestors(int(name)) for name in os.listdir("/proc") if name.isdigit())


def test_orphan_is_a_suspect_until_its_mark_is_known(start):
    run = start(READY_AND_WAIT)
    family = Tree(run.pid, set())
    script = f"{sys.executable} -c 'import time; time.sleep(60)' >/dev/null & echo $!"
    orphan = int(subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE, text=True).stdout.split()[0])
    wait_until(lambda: ancestors(orphan)[:1] == [os.getpid()])

    assert family.suspects() == [orphan]
    family.judge([orphan], marked=set())
    assert family.suspects() == []
    family.judge([orphan], marked={orphan})
    assert family.look(newest()).processes == 2

    os.kill(orphan, 9)
    os.waitpid(orphan, 0)


def test_processes_from_before_the_command_are_never_suspects(start):
    before = start(READY_AND_WAIT)
    wait_until(lambda: tree.ticks_since_boot() > read_process(before.pid).began + 2)

    run = start(READY_AND_WAIT)

    assert before.pid not in Tree(run.pid, set()).suspects()


def test_command_that_is_gone_has_no_members():
    family = Tree(2**22 + 1, set())

    assert family.look(newest()).processes == 0 and family.suspects() == []
