"""Gradient boosting in scikit-learn, with the table that verbose=1 prints."""

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from truth import printed

rng = np.random.default_rng(2)
inputs = rng.normal(size=(500, 8))
labels = inputs[:, 0] * inputs[:, 1] + inputs[:, 2] > 0

model = GradientBoostingClassifier(n_estimators=50, subsample=0.8, random_state=0, verbose=1).fit(inputs, labels)

for index, (loss, gain) in enumerate(zip(model.train_score_, model.oob_improvement_, strict=True)):
    if index < 10 or (index + 1) % 10 == 0:
        printed({"Train Loss": f"{loss:.4f}", "OOB Improve": f"{gain:.4f}"}, index + 1)
print(f"Train accuracy: {model.score(inputs, labels):.4f}")
printed({"Train accuracy": f"{model.score(inputs, labels):.4f}"})
