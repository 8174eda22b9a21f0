"""PyTorch Lightning with its CSV logger, hyper-parameters included, and no bar."""

import pytorch_lightning as lightning
import torch
from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.loggers.logger import DummyLogger
from torch.utils.data import DataLoader, TensorDataset
from truth import printed


class Net(lightning.LightningModule):
    def __init__(self, width: int, rate: float) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.layers = torch.nn.Sequential(torch.nn.Linear(4, width), torch.nn.Tanh(), torch.nn.Linear(width, 1))

    def training_step(self, batch, *_index):
        loss = torch.nn.functional.mse_loss(self.layers(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, *_index):
        self.log("val_loss", torch.nn.functional.mse_loss(self.layers(batch[0]), batch[1]))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.rate)


class Truth(DummyLogger):
    """Gets what every other logger gets."""

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        values = {name: repr(float(value)) for name, value in metrics.items() if name != "epoch"}
        printed(values, step, metrics["epoch"])


torch.manual_seed(10)
inputs = torch.randn(480, 4)
targets = inputs.prod(1, keepdim=True)
train, valid = (DataLoader(TensorDataset(inputs[part], targets[part]), 16) for part in (slice(320), slice(320, 480)))
trainer = lightning.Trainer(
    max_epochs=3,
    accelerator="cpu",
    logger=[CSVLogger("."), Truth()],
    log_every_n_steps=5,
    enable_progress_bar=False,
    enable_checkpointing=False,
)
trainer.fit(Net(width=8, rate=0.01), train, valid)
