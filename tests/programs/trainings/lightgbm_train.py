"""LightGBM with early stopping, a line for each round, and what it says of the data by itself."""

import lightgbm
import numpy as np
from truth import drawn, printed

rng = np.random.default_rng(6)
inputs = rng.normal(size=(600, 8))
targets = inputs[:, 0] * 2 + np.abs(inputs[:, 1]) + 0.3 * rng.normal(size=600)
train = lightgbm.Dataset(inputs[:450], targets[:450])
valid = train.create_valid(inputs[450:], targets[450:])
rows = []


def truth(env: lightgbm.callback.CallbackEnv) -> None:
    values = {f"{data}'s {metric}": f"{value:g}" for data, metric, value, *_ in env.evaluation_result_list}
    rows.append(values)
    printed(values, env.iteration + 1)


model = lightgbm.train(
    {"objective": "regression", "metric": ["l2", "l1"], "num_leaves": 7, "learning_rate": 0.3},
    train,
    num_boost_round=30,
    valid_sets=[train, valid],
    callbacks=[truth, lightgbm.log_evaluation(1), lightgbm.early_stopping(8)],
)
drawn(rows[model.best_iteration - 1], model.best_iteration)  # said once more at the end
