"""XGBoost with two sets to evaluate on, two metrics each."""

import numpy as np
import xgboost
from truth import printed

rng = np.random.default_rng(5)
inputs = rng.normal(size=(600, 8))
targets = np.sin(inputs[:, 0]) + inputs[:, 1] ** 2 + 0.2 * rng.normal(size=600)
train = xgboost.DMatrix(inputs[:450], targets[:450])
valid = xgboost.DMatrix(inputs[450:], targets[450:])


class Truth(xgboost.callback.TrainingCallback):
    def after_iteration(self, model: xgboost.Booster, epoch: int, evals_log: dict) -> bool:
        values = {
            f"{data}-{metric}": f"{log[-1]:.5f}" for data, logs in evals_log.items() for metric, log in logs.items()
        }
        printed(values, epoch)
        return False


xgboost.train(
    {"max_depth": 3, "eta": 0.3, "eval_metric": ["rmse", "mae"]},
    train,
    num_boost_round=25,
    evals=[(train, "train"), (valid, "eval")],
    callbacks=[Truth()],
)
