"""`wandb run` keeps what the files of a command say: the recorder's own interpreter is enough for all of them."""

import subprocess
import sys

from following import rows_of
from kept import only_part
from waiting import wait_until

PROGRAM = """
import json, os
os.makedirs("out/.hydra")
with open("out/.hydra/config.yaml", "w") as file:
    file.write("lr: 0.1\\n")
with open("out/log.csv", "w") as file:
    file.write("epoch,loss\\n1,0.5\\n2,0.25\\n")
with open("out/trainer_state.json", "w") as file:
    json.dump({"log_history": [{"step": 1, "loss": 2.5}]}, file)
"""


def test_files_of_a_short_command_are_kept(wandb):
    subprocess.run([*wandb, "run", sys.executable, "-c", PROGRAM], stdin=subprocess.DEVNULL, check=True)
    wait_until(lambda: any(record.get("read") for record in only_part().records()))
    records = list(only_part().records())

    assert [record["warning"] for record in records if "warning" in record] == []
    assert rows_of(records, "out/log.csv") == [(1, {"loss": 0.5}), (2, {"loss": 0.25})]
    assert rows_of(records, "out/trainer_state.json") == [(1, {"loss": 2.5})]
    assert {"lr": 0.1} in [record["config"] for record in records if "config" in record]
