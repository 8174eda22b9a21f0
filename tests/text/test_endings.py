"""What the last lines of an output tell about its end."""

import subprocess
import sys

import pytest

from wrapper.text.endings import find_ending


def fails(program, *front):
    """The last lines of a real Python program."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode
    return (done.stdout + done.stderr).splitlines()


def test_exception_has_its_name_message_and_place():
    ending = find_ending(fails("def train(lr):\n    raise ValueError(f'bad rate {lr}')\ntrain(3)"))

    assert (ending.kind, ending.name, ending.message) == ("exception", "ValueError", "bad rate 3")
    assert [(frame.line, frame.function) for frame in ending.frames] == [(3, "<module>"), (2, "train")]
    assert ending.text == "ValueError: bad rate 3 (<string>, line 2, in train)"


def test_of_a_chain_the_last_is_told():
    program = "try:\n    {}['x']\nexcept KeyError as error:\n    raise RuntimeError('no x') from error"
    assert find_ending(fails(program)).text.startswith("RuntimeError: no x")


def test_message_of_several_lines_is_kept():
    program = "raise RuntimeError('size mismatch:\\n\\tcopying a param\\n\\tfrom checkpoint')"
    assert find_ending(fails(program)).message == "size mismatch:\ncopying a param\nfrom checkpoint"


def test_name_of_a_module_stays_with_the_exception():
    assert find_ending(fails("import json; json.loads('{')")).name == "json.decoder.JSONDecodeError"


def test_memory_that_ran_out_is_told_apart():
    assert find_ending(fails("raise MemoryError")).kind == "out of memory"


def with_prefix(prefix, lines):
    return [prefix + line for line in lines]


def test_ranks_may_talk_at_once():
    lines = fails("raise ValueError('on all ranks')")
    ranks = with_prefix("[rank0]: ", lines), with_prefix("[rank1]: ", lines)
    mixed = [line for pair in zip(*ranks, strict=True) for line in pair]

    ending = find_ending(mixed)
    assert (ending.name, ending.message) == ("ValueError", "on all ranks")


def test_place_is_the_last_one_of_the_persons_own_code():
    ending = find_ending(fails("import json\n\ndef load():\n    return json.loads('{')\nload()"))

    assert ending.text.endswith("(<string>, line 4, in load)")
    assert ending.frames[-1].path.endswith("json/decoder.py")


def test_own_code_is_kept_of_a_deep_stack_of_libraries():
    inner = [line for n in range(20) for line in (f'  File "/a/site-packages/nn.py", line {n}, in call', "    call()")]
    own = ["Traceback (most recent call last):", '  File "/a/train.py", line 3, in main', "    main()"]

    ending = find_ending([*own, *inner, "RuntimeError: bad shape"])
    assert ending.text == "RuntimeError: bad shape (train.py, line 3, in main)"
    assert len(ending.frames) == 8


def test_who_only_reports_the_failure_of_a_child_is_not_the_cause():
    child = fails("raise ValueError('the real one')")
    parent = fails("class ChildFailedError(Exception): pass\nraise ChildFailedError('train.py FAILED')")

    assert find_ending(child + parent).message == "the real one"


TORCHRUN = """
Traceback (most recent call last):
  File "/usr/bin/torchrun", line 8, in <module>
    sys.exit(main())
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
============================================================
train.py FAILED
Root Cause (first observed failure):
[0]:
  rank      : 1 (local_rank: 1)
  exitcode  : -9 (pid: 5)
  traceback : Signal 9 (SIGKILL) received by PID 5
============================================================
""".splitlines()
MPIRUN = "mpirun noticed that process rank 1 with PID 4242 on node n1 exited on signal 11 (Segmentation fault)."


@pytest.mark.parametrize(
    ("lines", "kind", "text"),
    [
        (TORCHRUN, "signal", "SIGKILL: received by PID 5"),
        ([MPIRUN], "signal", "Segmentation fault: mpirun noticed that process rank 1"),
        (["srun: error: node1: task 0: Out Of Memory"], "out of memory", "srun: error: node1: task 0: Out Of Memory"),
    ],
)
def test_launcher_tells_what_a_rank_died_of(lines, kind, text):
    ending = find_ending(["epoch 3 loss 0.2", *lines])

    assert (ending.kind, ending.text) == (kind, text)


CUDA = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB"


@pytest.mark.parametrize(
    ("line", "kind", "name", "message"),
    [
        (CUDA, "cuda out of memory", "CUDA out of memory", "Tried to allocate 2.00 GiB. GPU 0 has"),
        ("RuntimeError: CUDA error: out of memory", "cuda out of memory", "CUDA out of memory", "CUDA error"),
        ("jaxlib.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying", "cuda out of memory", "CUDA", ""),
        ("thread 'main' panicked at 'no data', src/main.rs:4:5", "exception", "panic", "no data"),
        (
            'Exception in thread "main" java.lang.IllegalStateException: no data',
            "exception",
            "java.lang.Ill",
            "no data",
        ),
        (
            'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space',
            "out of memory",
            "java.lang",
            "Java",
        ),
        ("terminate called after throwing an instance of 'std::bad_alloc'", "out of memory", "std::bad_alloc", ""),
        ("ReferenceError: x is not defined", "exception", "ReferenceError", "x is not"),
        ("panic: runtime error: index out of range [3] with length 3", "exception", "panic", "runtime error"),
        ("ERROR: LoadError: UndefVarError: `x` not defined", "exception", "UndefVarError", "`x`"),
        ("train: train.c:4: main: Assertion `n > 0' failed.", "crash", "assertion", "Assertion"),
        ("train.sh: line 3: pyhton: command not found", "exception", "not found", "pyhton: command not found"),
    ],
)
def test_other_languages_and_devices(line, kind, name, message):
    ending = find_ending(["epoch 3 loss 0.2", line, ""])

    assert ending.kind == kind and ending.name.startswith(name) and ending.message.startswith(message)


STACKS = {
    "Rust": (
        ["thread 'main' panicked at src/main.rs:4:5:", "index out of bounds: the len is 1", "note: run with"],
        "panic: index out of bounds: the len is 1 (main.rs, line 4)",
    ),
    "C++": (
        ["terminate called after throwing an instance of 'std::runtime_error'", "  what():  bad shape"],
        "std::runtime_error: bad shape",
    ),
    "Java": (
        ['Exception in thread "main" a.Bad: no data', "\tat Net.step(Net.java:7)", "\tat Net.main(Net.java:3)"],
        "a.Bad: no data (Net.java, line 7, in Net.step)",
    ),
    "Java, with a cause": (
        [
            'Exception in thread "main" a.Bad: no data', "\tat Net.step(Net.java:7)", "Caused by: b.Worse: no disk",
            "\tat Disk.read(Disk.java:1)", "\t... 1 more",
        ],
        "a.Bad: no data; caused by b.Worse: no disk (Net.java, line 7, in Net.step)",
    ),
    "Rust, with causes": (
        ["Error: no config", "", "Caused by:", "    0: cannot read a.toml", "    1: No such file (os error 2)"],
        "Error: no config; caused by No such file (os error 2)",
    ),
    "JavaScript": (
        ["MyError: no data", "    at train (/a/train.js:3:9)", "    at Object.<anonymous> (/a/train.js:9:1)", ""],
        "MyError: no data (train.js, line 3, in train)",
    ),
    "a rejected promise": (
        ['[UnhandledPromiseRejection: This error originated either by X rejected with the reason "no data".] {'],
        "unhandled rejection: no data",
    ),
    "Go": (
        [
            "panic: index out of range [5]", "", "goroutine 1 [running]:", "main.train(...)", "\t/a/train.go:8",
            "main.main()", "\t/a/train.go:12 +0x1d", "exit status 2",
        ],
        "panic: index out of range [5] (train.go, line 8, in main.train)",
    ),
    "Go, all asleep": (["fatal error: all goroutines are asleep - deadlock!"], "fatal error: all goroutines are"),
    "Julia": (["ERROR: LoadError: DomainError with -1.0:", "log was called", "Stacktrace:"], "DomainError"),
    "R": (["Error in log(-1) : no such rate", "Calls: f -> log", "Execution halted"], "error in R: no such rate"),
    "not R": (["Error: no such file"], "Error: no such file"),
    "a process of a shell": (
        ["train.sh: line 7:  2748 Segmentation fault      (core dumped) ./train --lr 1"],
        "Segmentation fault: ./train --lr 1 (train.sh, line 7)",
    ),
    "a fault in Python": (
        [
            "Fatal Python error: Segmentation fault", "", "Current thread 0x00007f (most recent call first):",
            '  File "/a/load.py", line 5 in read', '  File "/a/train.py", line 9 in <module>', "", "Extension modules:",
        ],
        "Fatal Python error: Segmentation fault (load.py, line 5, in read)",
    ),
    "Python that it cannot read": (
        ['  File "/a/train.py", line 3', "    def f(:", "          ^", "SyntaxError: invalid syntax"],
        "SyntaxError: invalid syntax (train.py, line 3)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", STACKS)
def test_message_and_place_stand_in_lines_around(language):
    lines, text = STACKS[language]

    assert find_ending(["epoch 3 loss 0.2", *lines]).text.startswith(text)


# As Python 3.13 shows them; 3.11 leaves out the lines of code, and 3.10 has no groups.
GROUPS = {
    "ExceptionGroup: several (2 sub-exceptions) (<string>, line 1": """\
  + Exception Group Traceback (most recent call last):
  |   File "<string>", line 1, in <module>
  |     raise ExceptionGroup('several', [ValueError('one'), KeyError('two')])
  | ExceptionGroup: several (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: one
    +---------------- 2 ----------------
    | KeyError: 'two'
    +------------------------------------
""",
    "ZeroDivisionError: division by zero (<string>, line 2": """\
  + Exception Group Traceback (most recent call last):
  |   File "<string>", line 4, in <module>
  |     raise ExceptionGroup('all', [error]) from None
  | ExceptionGroup: all (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "<string>", line 2, in <module>
    |     1 / 0
    |     ~~^~~
    | ZeroDivisionError: division by zero
    +------------------------------------
""",
}


@pytest.mark.parametrize("has_code", [True, False])
@pytest.mark.parametrize("text", GROUPS)
def test_of_a_group_one_with_a_stack_of_its_own_counts(text, has_code):
    lines = [line for line in GROUPS[text].splitlines() if has_code or not line.startswith(("  |     ", "    |     "))]

    assert find_ending(lines).text.startswith(text)


def test_what_came_long_before_the_end_is_told_so():
    caught = fails("raise ValueError('tried again')")
    steps = [f"step {number}" for number in range(60)]

    assert find_ending([*caught, *steps]).text.endswith("in <module>), 60 lines before the end")
    assert find_ending([*caught, *steps, "panic: no data"]).text == "panic: no data"
    assert find_ending([CUDA, *steps, *caught]).name == "ValueError"
    assert find_ending([CUDA, *steps[:30], *caught]).kind == "cuda out of memory"


def test_what_a_launcher_says_behind_it_does_not_make_it_old():
    child = fails("raise ValueError('the real one')")
    parent = fails("class ChildFailedError(Exception): pass\nraise ChildFailedError('train.py FAILED')")

    assert find_ending([*child, *["W torch/elastic"] * 60, *parent]).text.endswith("in <module>)")


@pytest.mark.parametrize(
    "lines", [[], ["epoch 1 loss 0.3"], ["Error rate: 0.25", "error 0.1"], ["no errors"], ["Done."]]
)
def test_nothing_is_found_where_nothing_went_wrong(lines):
    assert find_ending(lines) is None
