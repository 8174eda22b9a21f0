"""Programs that draw on a terminal, each in a way of its own; `record.py` keeps what they write.

programs.py NAME
"""

import curses
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def tqdm_postfix() -> None:
    from tqdm import tqdm

    for epoch in range(1, 4):
        with tqdm(total=40, desc=f"Epoch {epoch}/3", mininterval=0) as bar:
            for step in range(40):
                bar.set_postfix(loss=f"{4 / (epoch * 40 + step):.4f}", acc=f"{step / 50:.2f}", refresh=False)
                bar.update()
        print(f"epoch {epoch}: val_loss={1 / epoch:.4f}")


def tqdm_nested() -> None:
    from tqdm import tqdm

    for epoch in tqdm(range(3), desc="epochs"):
        for _ in tqdm(range(15), desc=f"epoch {epoch}", leave=False, mininterval=0):
            pass
        tqdm.write(f"epoch {epoch}: loss {1 / (epoch + 1):.3f}")


def tqdm_positions() -> None:
    from tqdm import tqdm

    bars = [tqdm(total=20, desc=f"worker {number}", position=number, mininterval=0) for number in range(3)]
    for step in range(60):
        bars[step * 7 % 3].update()
    for bar in bars:
        bar.close()
    print("\n\nall done")


def tqdm_too_wide() -> None:
    from tqdm import tqdm

    for _ in tqdm(range(8), desc="wider than the terminal", ncols=100, mininterval=0):
        pass
    print("done")


def rich_progress() -> None:
    from rich.progress import Progress

    with Progress(refresh_per_second=1000) as progress:
        tasks = [progress.add_task(f"[red]Task {number}", total=10 * number) for number in (1, 2, 3)]
        for step in range(30):
            for task in tasks:
                progress.advance(task)
            if step % 10 == 5:
                progress.console.print(f"step {step}: loss [bold]{1 / (step + 1):.3f}[/bold]")
            progress.refresh()


def rich_live_table() -> None:
    from rich.live import Live
    from rich.table import Table

    with Live(auto_refresh=False) as live:
        for last in range(1, 6):
            table = Table("epoch", "train loss", "val loss", title="training")
            for epoch in range(1, last + 1):
                table.add_row(str(epoch), f"{2 / epoch:.4f}", f"{2.2 / epoch:.4f}")
            live.update(table, refresh=True)


def rich_log() -> None:
    from rich.console import Console

    console = Console(force_terminal=True)
    for step in range(4):
        console.log(f"step {step}", {"loss": 1 / (step + 1), "names": ["a", "b"], "path": "/data/train"})
    console.rule("[bold]the end")


def alive_progress() -> None:
    from alive_progress import alive_bar

    with alive_bar(25, title="training", force_tty=True, refresh_secs=0.01) as bar:
        for step in range(25):
            time.sleep(0.01)
            if step % 8 == 7:
                print(f"step {step}: loss {1 / step:.3f}")
            bar()


def keras_bar() -> None:
    write = sys.stdout.write
    for epoch in range(1, 3):
        write(f"Epoch {epoch}/2\n")
        before = 0
        for step in range(16):
            write("\b" * before + "\r")
            bar = f"{step:2d}/15 [" + "=" * (2 * step) + ">" + "." * (29 - 2 * step) + "]"
            info = f" - ETA: {15 - step}s - loss: {3 / (step + epoch):.4f} - accuracy: {step / 20:.4f}"
            write(bar[:36] + info + " " * max(0, before - len(bar[:36] + info)))
            before = len(bar[:36] + info)
        write("\n")


def spinner() -> None:
    for word in ("loading", "compiling", "linking"):
        for sign in "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏":
            sys.stdout.write(f"\r\x1b[?25l\x1b[36m{sign}\x1b[39m {word}\x1b[K")
        sys.stdout.write(f"\r\x1b[32m✔\x1b[39m {word}\x1b[K\n\x1b[?25h")


def status_bar() -> None:
    """As apt does it: the last row is kept out of the scrolling, and says how far things are."""
    rows = 12
    sys.stdout.write(f"\n\x1b7\x1b[0;{rows - 1}r\x1b8\x1b[1A")
    for number in range(30):
        sys.stdout.write(f"Setting up package-{number} (1.{number}-1) ...\n")
        bar = "#" * number + "." * (30 - number)
        sys.stdout.write(
            f"\x1b7\x1b[{rows};0f\x1b[42m\x1b[30mProgress: [{number * 100 // 30:3d}%]\x1b[49m\x1b[39m [{bar}] \x1b8"
        )
    sys.stdout.write(f"\x1b7\x1b[0;{rows}r\x1b8\x1b[1A\x1b[J")
    sys.stdout.write("ready\n")


def layers() -> None:
    """As docker pulls: a few rows, each changed by going up to it, erasing it, and going down again."""
    names = ["a1f3", "b2c4", "c9d8", "e7f6"]
    for name in names:
        sys.stdout.write(f"{name}: Waiting\n")
    for step in range(1, 21):
        for number, name in enumerate(names):
            up = len(names) - number
            state = f"Downloading {step * 5:3d}%" if step < 20 - number else "Pull complete"
            sys.stdout.write(f"\x1b[{up}A\x1b[2K\r{name}: {state}\r\x1b[{up}B")
    sys.stdout.write("Status: done\n")


def dashboard() -> None:
    """A screen that is cleared and written again, as `watch` does without an alternate screen."""
    for step in range(4):
        sys.stdout.write(f"\x1b[H\x1b[2Jstep {step}\n")
        for name in ("loss", "accuracy", "rate"):
            sys.stdout.write(f"  {name:10} {step / 7:.4f}\n")
    sys.stdout.write("bye\n")


def full_screen() -> None:
    print("before")

    def draw(screen: "curses.window") -> None:
        for step in range(5):
            screen.erase()
            screen.border()
            screen.addstr(3, 10, f"step {step}")
            screen.refresh()

    curses.wrapper(draw)
    print("after")


def editor() -> None:
    print("before the editor")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "notes.txt").write_text("".join(f"line {number}\n" for number in range(50)))
        keys = ["-c", "normal 20jdd3ohello", "-c", "redraw", "-c", "q!"]
        subprocess.run(["vim", "-u", "NONE", "-i", "NONE", *keys, "notes.txt"], cwd=folder, check=True)
    print("after the editor")


def other_scripts() -> None:
    for line in (
        "数据加载完成 共 12,800 个样本 分成 100 批 每批 128 个 学习率 0.001",
        "損失 0.4231 精度 0.8712 これは折り返される長い行です。終わり",
        "손실 0.4231 정확도 0.8712 학습률 0.001",
        "de\u0301ja\u0300 vu, nai\u0308ve, Zu\u0308rich",
        "🚀 epoch 1 ✅ loss 0.3 🔥🔥🔥 ⚡ fast 📉 going down 🎉 and on it goes to the next row",
        "ёлка Ωμέγα ½ × 3 ≤ 2 → ∞ │ ┼ ░▒▓",
    ):
        print(line)
        print("\r" + line[:10] + "\r>", end="\n")


def long_lines() -> None:
    for length in (39, 40, 41, 79, 80, 81, 200):
        print("".join(str(number % 10) for number in range(length)))
    sys.stdout.write("x" * 40 + "\r" + "y" * 3 + "\n" + "z" * 50 + "\b\b\bZZ\n" + "w" * 40 + "\x1b[Kend\n")


def shell_colours() -> None:
    script = "tput bold; echo title; tput sgr0; tput setaf 1; printf red; tput sgr0; tput el; echo"
    script += "; tput cuu1; tput cuf 4; echo over"
    subprocess.run(["sh", "-c", script], check=True)


def git_clone() -> None:
    with tempfile.TemporaryDirectory() as folder:
        say = {"cwd": folder, "check": True}
        subprocess.run(["git", "init", "-q", "-b", "main", "origin"], **say)
        for number in range(200):
            (Path(folder) / "origin" / f"file{number}").write_text(f"{number}\n" * 100)
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", "origin", "add", "."], **say)
        subprocess.run(["git", *who, "-C", "origin", "commit", "-q", "-m", "files"], **say)
        subprocess.run(["git", "clone", "--progress", "--no-local", "origin", "copy"], **say)


def tests_in_colour() -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_some.py").write_text(
            "import pytest\n@pytest.mark.parametrize('n', range(30))\ndef test_n(n): assert n != 7\n"
        )
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=yes", "-q", "."]
        subprocess.run(command, cwd=folder, check=False)


PROGRAMS: dict[str, Callable[[], None]] = {
    function.__name__: function
    for function in (
        tqdm_postfix, tqdm_nested, tqdm_positions, tqdm_too_wide, rich_progress, rich_live_table, rich_log,
        alive_progress, keras_bar, spinner, status_bar, layers, dashboard, full_screen, editor, other_scripts,
        long_lines, shell_colours, git_clone, tests_in_colour,
    )
}  # fmt: skip

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]]()
