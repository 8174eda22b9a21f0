"""Keras with its CSV log, and no bar."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from truth import printed


class Truth(keras.callbacks.Callback):
    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        printed({name: repr(float(value)) for name, value in logs.items()}, None, epoch)


rng = np.random.default_rng(9)
inputs = rng.normal(size=(480, 5)).astype("float32")
targets = inputs.sum(1)
keras.utils.set_random_seed(2)
model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
model.compile(optimizer="adam", loss="mse", metrics=["mae"])
log = keras.callbacks.CSVLogger("training.csv")
model.fit(inputs, targets, epochs=6, validation_split=0.2, verbose=0, callbacks=[log, Truth()])
