"""The Trainer of Hugging Face with a checkpoint in each epoch, whose state has what it also prints, to more digits."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments
from truth import printed

torch.manual_seed(11)
tokens = torch.randint(1, 20, (192, 6))
rows = [{"input_ids": row, "labels": int(row[0] > row[1])} for row in tokens]
model = BertForSequenceClassification(
    BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
)
arguments = TrainingArguments(
    "checkpoints",
    num_train_epochs=2,
    per_device_train_batch_size=16,
    learning_rate=0.005,
    logging_steps=5,
    eval_strategy="epoch",
    save_strategy="epoch",
    report_to=[],
    use_cpu=True,
)
trainer = Trainer(model, arguments, train_dataset=rows[:160], eval_dataset=rows[160:])
trainer.train()
trainer.save_state()
for entry in trainer.state.log_history:
    values = {name: repr(value) for name, value in entry.items() if name not in ("step", "epoch")}
    printed(values, entry["step"], entry["epoch"])
