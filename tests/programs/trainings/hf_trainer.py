"""The Trainer of Hugging Face on a GPT-2 of a few hundred parameters, made up on the spot, and random tokens."""

import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainerCallback, TrainingArguments
from truth import printed


class Truth(TrainerCallback):
    """The step stands in the bar. A pipe has the values after it has gone on: no step is better than a wrong one."""

    def on_log(self, args, state, control, logs, **_others) -> None:
        steps = [state.global_step] if sys.stdout.isatty() else [state.global_step, None]
        values = {name: f"{value:.4g}" if isinstance(value, float) else str(value) for name, value in logs.items()}
        values.pop("total_flos", None)
        printed(values, steps, float(values.pop("epoch")))


torch.manual_seed(5)
tokens = torch.randint(0, 16, (192, 8))
tokens[:, 1::2] = tokens[:, ::2]
rows = [{"input_ids": row, "labels": row} for row in tokens]
model = GPT2LMHeadModel(GPT2Config(vocab_size=16, n_positions=8, n_embd=8, n_layer=1, n_head=1, n_inner=8))
arguments = TrainingArguments(
    "checkpoints",
    num_train_epochs=3,
    per_device_train_batch_size=16,
    learning_rate=0.01,
    logging_steps=4,
    eval_strategy="epoch",
    save_strategy="no",
    report_to=[],
    use_cpu=True,
)
trainer = Trainer(model, arguments, train_dataset=rows[:160], eval_dataset=rows[160:], callbacks=[Truth()])
trainer.train()
