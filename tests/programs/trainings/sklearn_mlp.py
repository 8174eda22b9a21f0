"""The multi-layer perceptron of scikit-learn, with early stopping and verbose=True."""

import numpy as np
from sklearn.neural_network import MLPClassifier
from truth import printed

rng = np.random.default_rng(3)
inputs = rng.normal(size=(600, 10))
labels = (inputs[:, :4] ** 2).sum(1) > 3.4

model = MLPClassifier((16,), max_iter=15, early_stopping=True, random_state=1, verbose=True).fit(inputs, labels)

for step, (loss, score) in enumerate(zip(model.loss_curve_, model.validation_scores_, strict=True), 1):
    printed({"loss": f"{loss:.8f}", "Validation score": f"{score:f}"}, step)
