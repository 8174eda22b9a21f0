"""What a process inherits passes through: arguments, environment, directory, limits, priorities, rights."""

import os
import resource
import subprocess
from pathlib import Path

import pytest
from launching import PYTHON, shell

ARGUMENTS = [
    *["", " ", "a b", "it's", '"q"', "$HOME", "*", "\\", "\n", "new\nline", "-x", "--", "--help", "--version", "-"],
    *["é€😀", "a=b", ";", "&", "|", "%s", "{}", "~", "\t", os.fsdecode(b"\xff\xfe\x80")],
]
# Lines of /proc/self/status that are about the process, and not about its moment.
STATUS = "Umask|Uid|Gid|Groups|Seccomp|Cap...|NoNewPrivs|Cpus_allowed|Mems_allowed|Speculation.*|THP_enabled"
ONLY_OURS = {b"WANDB_METRICS_FILE", b"WANDB_WRAPPED_RUN"}


def test_arguments_arrive_as_they_were(front):
    program = "import sys; sys.stdout.buffer.write(open('/proc/self/cmdline', 'rb').read())"

    done = subprocess.run([*front, *PYTHON, program, *ARGUMENTS], stdout=subprocess.PIPE)

    assert done.stdout.split(b"\0")[len(PYTHON) + 1 : -1] == [os.fsencode(word) for word in ARGUMENTS]


def test_arguments_that_look_like_ours_are_the_commands(wandb):
    for dashes in ([], ["--"]):
        done = subprocess.run([*wandb, "run", *dashes, "echo", "--name", "x", "-q", "--"], stdout=subprocess.PIPE)

        assert done.stdout == b"--name x -q --\n"


def test_name_that_the_command_was_called_by_is_its_own(front):
    done = subprocess.run([*front, "sh", "-c", "echo $0"], stdout=subprocess.PIPE)

    assert done.stdout == b"sh\n"


@pytest.mark.parametrize("options", [[], ["--live"]], ids=" ".join)
def test_environment_gains_two_names_and_is_else_the_same(wandb, monkeypatch, options):
    for name, value in {"EMPTY": "", "SIGNS": "a=b=c", "LINES_": "one\ntwo", "LC_ALL": "C", "a.b": "1"}.items():
        monkeypatch.setenv(name, value)
    os.environb[b"BYTES"] = b"\xff\xfe"

    bare = subprocess.run(["cat", "/proc/self/environ"], stdout=subprocess.PIPE)
    ours = subprocess.run([*wandb, "run", *options, "cat", "/proc/self/environ"], stdout=subprocess.PIPE)

    del os.environb[b"BYTES"]
    before, after = (done.stdout.split(b"\0")[:-1] for done in (bare, ours))
    assert after[: len(before)] == before
    gained = dict(entry.split(b"=", 1) for entry in after[len(before) :])
    assert gained.keys() == ONLY_OURS | ({b"PYTHONUNBUFFERED"} if options else set())
    assert Path(os.fsdecode(gained[b"WANDB_METRICS_FILE"])).is_file()
    assert gained[b"WANDB_WRAPPED_RUN"].decode() in os.listdir(".wandb-wrapper")


def test_empty_environment_stays_so(wandb):
    done = subprocess.run([*wandb, "run", "/usr/bin/env"], env={}, stdout=subprocess.PIPE)

    assert {line.partition(b"=")[0] for line in done.stdout.splitlines()} == ONLY_OURS


def test_variables_of_a_run_around_are_replaced(wandb):
    """`wandb run` within `wandb run` is another run."""
    inner = [*wandb, "run", *shell("echo $WANDB_WRAPPED_RUN; env | grep -c WANDB_; exit 4")]

    done = subprocess.run([*wandb, "run", *shell('echo $WANDB_WRAPPED_RUN; "$@"', *inner)], stdout=subprocess.PIPE)

    outer_run, inner_run, count = done.stdout.decode().split()
    assert outer_run != inner_run
    assert count == "2"
    assert done.returncode == 4


def test_directory_is_the_same(front, tmp_path, monkeypatch):
    (tmp_path / "a b é").mkdir()
    (tmp_path / "link").symlink_to("a b é")
    monkeypatch.setenv("PWD", str(tmp_path / "link"))

    done = subprocess.run([*front, *shell("pwd -L; pwd -P")], cwd=tmp_path / "link", stdout=subprocess.PIPE, text=True)

    assert done.stdout == f"{tmp_path}/link\n{tmp_path}/a b é\n"


@pytest.mark.parametrize("mask", [0o077, 0o000, 0o027])
def test_mask_of_new_files_is_the_same(front, mask):
    done = subprocess.run([*front, *shell("umask; touch made")], umask=mask, stdout=subprocess.PIPE)

    assert int(done.stdout, 8) == mask
    assert os.stat("made").st_mode & 0o777 == 0o666 & ~mask


def test_limits_are_the_same(wandb):
    def limit() -> None:
        for kind, soft, hard in (
            (resource.RLIMIT_NOFILE, 123, 456),
            (resource.RLIMIT_CORE, 0, 1 << 20),
            (resource.RLIMIT_STACK, 4 << 20, 16 << 20),
            (resource.RLIMIT_CPU, 777, 888),
            (resource.RLIMIT_FSIZE, 1 << 30, 1 << 31),
        ):
            resource.setrlimit(kind, (soft, hard))

    bare, ours = (look(front, "cat", "/proc/self/limits", preexec_fn=limit) for front in ([], [*wandb, "run"]))

    assert b"777" in bare
    assert ours == bare


def test_priorities_are_the_same(wandb):
    def change() -> None:
        os.nice(7)
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        Path("/proc/self/oom_score_adj").write_text("321")
        Path("/proc/self/timerslack_ns").write_text("60000")

    program = """
import os
print(os.nice(0), os.sched_getscheduler(0), os.sched_getaffinity(0))
for name in ("oom_score_adj", "timerslack_ns", "cgroup", "coredump_filter"): print(open(f"/proc/self/{name}").read())
"""
    bare, ours = (look(front, *PYTHON, program, preexec_fn=change) for front in ([], [*wandb, "run"]))

    assert bare.startswith(b"7 ") and b"321" in bare
    assert ours == bare


def test_rights_are_the_same(wandb):
    words = ["grep", "-E", f"^({STATUS})", "/proc/self/status"]

    bare, ours = (look(front, *words) for front in ([], [*wandb, "run"]))

    assert b"CapEff" in bare
    assert ours == bare


def test_nothing_is_traced_and_no_rights_are_given_up(front):
    """A command that is setuid works, and a debugger may attach."""
    status = look(front, "cat", "/proc/self/status")

    assert b"TracerPid:\t0\n" in status
    assert b"NoNewPrivs:\t0\n" in status


def test_directory_gains_one_folder(wandb):
    subprocess.run([*wandb, "run", "true"], check=True)

    assert os.listdir(".") == [".wandb-wrapper"]


@pytest.mark.parametrize(
    "chain",
    [["setsid", "-w"], ["nice", "-n", "3"], ["stdbuf", "-oL"], ["env", "A=b"], ["nohup"], ["timeout", "60"]],
    ids=lambda chain: chain[0],
)
@pytest.mark.parametrize("is_outside", [True, False], ids=["outside", "inside"])
def test_programs_that_start_programs_work_on_both_sides(front, chain, is_outside):
    words = [*chain, *front] if is_outside else [*front, *chain]

    done = subprocess.run(
        [*words, *shell("echo $A; nice; exit 14")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )

    assert done.returncode == 14
    assert done.stdout == f"{'b' if 'env' in chain else ''}\n{3 if 'nice' in chain else 0}\n"


def test_arguments_of_xargs_are_each_run_once(front):
    command = shell("echo run $0; test $0 != 7")

    done = subprocess.run(["xargs", "-P2", "-n1", *front, *command], input=b"1 2 3 4 5 6 7 8", stdout=subprocess.PIPE)

    assert done.returncode == 123
    assert sorted(done.stdout.splitlines()) == [b"run %d" % n for n in range(1, 9)]


def test_shell_does_with_it_what_it_does_with_commands(front):
    script = """
x=$("$@" printf 'a\\n\\nb'); echo "[$x]"
"$@" true && echo yes || echo no
"$@" false && echo yes || echo no
if ! "$@" false; then echo neither; fi
set -o pipefail; "$@" false | cat; echo $?
"$@" sh -c 'exit 19' & wait $!; echo $?
set -e; "$@" false; echo never
"""
    done = subprocess.run(["bash", "-c", script, "bash", *front], capture_output=True, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (1, "[a\n\nb]\nyes\nno\nneither\n1\n19\n", "")


def look(front, *words: str, **settings) -> bytes:
    return subprocess.run([*front, *words], stdout=subprocess.PIPE, check=True, **settings).stdout
