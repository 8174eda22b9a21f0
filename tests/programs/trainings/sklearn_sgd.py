"""Stochastic gradient descent in scikit-learn: verbose=1 prints six numbers in each epoch.

It keeps them to itself, so the truth is read from its own print statement, before anybody else sees it. T counts the
samples seen: a reader may take that for a step.
"""

import re
import sys

import numpy as np
from sklearn.linear_model import SGDClassifier
from truth import drawn, printed

NUMBERS = re.compile(
    r"Norm: (?P<Norm>.*), NNZs: (?P<NNZs>.*), Bias: (?P<Bias>.*), T: (?P<T>.*), "
    r"Avg. loss: (?P<loss>.*), Objective: (?P<Objective>.*)"
)


class Listening:
    """The output, with an ear on it."""

    def __init__(self) -> None:
        self._output, self._epoch = sys.stdout, 0

    def write(self, text: str) -> int:
        if match := NUMBERS.fullmatch(text):
            self._epoch += 1
            values = match.groupdict()
            values["Avg. loss"] = values.pop("loss")
            drawn({"T": values.pop("T")}, None, self._epoch)
            printed(values, None, self._epoch)
        if match := re.fullmatch(r"Total training time: (.*) seconds\.", text):
            drawn({"Total training time": match[1]}, None, self._epoch)
        return self._output.write(text)

    def flush(self) -> None:
        self._output.flush()


sys.stdout = Listening()
rng = np.random.default_rng(4)
inputs = rng.normal(size=(400, 12))
labels = inputs @ rng.normal(size=12) + rng.normal(size=400) > 0
model = SGDClassifier(loss="log_loss", max_iter=12, tol=None, random_state=0, verbose=1).fit(inputs, labels)
