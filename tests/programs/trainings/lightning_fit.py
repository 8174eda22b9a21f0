"""PyTorch Lightning with one of its bars, `rich` or `tqdm`, and the table of results that `test` prints."""

import sys

import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import RichProgressBar, TQDMProgressBar
from pytorch_lightning.callbacks.progress.tqdm_progress import Tqdm
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset
from truth import drawn, printed

IS_RICH = sys.argv[2] == "rich"


class Net(lightning.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))

    def training_step(self, batch, *_index):
        loss = cross_entropy(self.layers(batch[0]), batch[1])
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, *_index):
        output = self.layers(batch[0])
        self.log("val_loss", cross_entropy(output, batch[1]), prog_bar=True)
        self.log("val_acc", (output.argmax(1) == batch[1]).float().mean(), prog_bar=True)

    def test_step(self, batch, *_index):
        self.log("test_loss", cross_entropy(self.layers(batch[0]), batch[1]))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)


def spell(values) -> dict[str, str]:
    """As the bar does."""
    return {name: f"{value:.3f}" if IS_RICH else Tqdm.format_num(float(value)) for name, value in values.items()}


class Truth(lightning.Callback):
    """What the bar has to show; `rich` draws ten times a second, so that it may never be seen in a fast epoch."""

    def on_train_start(self, trainer, _module) -> None:
        drawn(spell(trainer.callback_metrics))

    def on_train_batch_end(self, trainer, *_others) -> None:
        drawn(spell(trainer.progress_bar_metrics))

    def on_train_epoch_end(self, trainer, _module) -> None:
        values = spell(trainer.progress_bar_metrics)
        if IS_RICH and trainer.current_epoch < trainer.max_epochs - 1:
            drawn(values)
        else:
            printed(values, [trainer.num_training_batches, trainer.global_step], trainer.current_epoch)

    def on_train_end(self, trainer, _module) -> None:
        drawn(spell(trainer.progress_bar_metrics))  # once more, as the bar is closed


torch.manual_seed(6)
inputs = torch.randn(800, 6)
labels = (inputs[:, 0] > inputs[:, 1]).long()
train, valid = (DataLoader(TensorDataset(inputs[part], labels[part]), 32) for part in (slice(640), slice(640, 800)))
bar = RichProgressBar() if IS_RICH else TQDMProgressBar()
trainer = lightning.Trainer(
    max_epochs=3, accelerator="cpu", logger=False, enable_checkpointing=False, callbacks=[bar, Truth()]
)
model = Net()
trainer.fit(model, train, valid)
(result,) = trainer.test(model, valid)
printed({name: repr(value) for name, value in result.items()})
