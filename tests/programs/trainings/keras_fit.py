"""Keras, on the backend that needs no TensorFlow: `fit` with its bars, and `evaluate`."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from truth import drawn, printed

rng = np.random.default_rng(1)
inputs = rng.normal(size=(800, 12)).astype("float32")
labels = (inputs[:, 0] * inputs[:, 1] > 0).astype("float32")


def spell(logs: dict[str, float]) -> dict[str, str]:
    """As the bars of Keras do."""
    return {name: f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}" for name, value in logs.items()}


class Truth(keras.callbacks.Callback):
    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        drawn(spell(logs))

    def on_test_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        drawn(spell(logs))

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        steps = self.params["steps"]
        printed(spell(logs), [steps, steps * (epoch + 1)], epoch + 1)


keras.utils.set_random_seed(7)
model = keras.Sequential(
    [keras.Input((12,)), keras.layers.Dense(24, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(inputs[:640], labels[:640], batch_size=32, epochs=5, validation_data=(inputs[640:], labels[640:]),
          callbacks=[Truth()])  # fmt: skip
loss, accuracy = model.evaluate(inputs[640:], labels[640:], callbacks=[Truth()])
# The bar says "accuracy" and "loss" again, of other data.
printed({f"eval/{name}": text for name, text in spell({"accuracy": accuracy, "loss": loss}).items()})
print("Test loss:", loss)
print("Test accuracy:", accuracy)
printed({"Test loss": repr(loss), "Test accuracy": repr(accuracy)})
