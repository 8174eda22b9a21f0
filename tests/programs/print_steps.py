"""Prints a line of metrics for each step, as often as it is told: how many, and the pause between two in seconds.

With a third argument, appends the same to the metrics file. Its last step is named in a file `side` when it is done.
"""

import os
import sys
import time
from pathlib import Path

steps, pause_s = int(sys.argv[1]), float(sys.argv[2])
metrics = open(os.environ["WANDB_METRICS_FILE"], "a", buffering=1) if len(sys.argv) > 3 else None  # noqa: SIM115
for step in range(1, steps + 1):
    print(f"step {step} loss {1 / step:.6f} acc {step / steps:.4f}", flush=True)
    if metrics:
        metrics.write(f'{{"_step": {step}, "value": {step * 2}}}\n')
    time.sleep(pause_s)
Path("side").write_text(str(steps))
