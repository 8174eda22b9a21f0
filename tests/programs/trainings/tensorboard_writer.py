"""A training loop in PyTorch that prints nothing and writes scalars for TensorBoard, which keeps them in 32 bits."""

import numpy
import torch
from torch.utils.tensorboard import SummaryWriter
from truth import printed

torch.manual_seed(8)
inputs = torch.randn(512, 6)
targets = inputs.sum(1, keepdim=True)
model = torch.nn.Linear(6, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)

with SummaryWriter("runs/first") as writer:
    for step in range(60):
        loss = torch.nn.functional.mse_loss(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        norm = model.weight.grad.norm()
        writer.add_scalar("Loss/train", loss, step)
        writer.add_scalar("grad_norm", norm, step)
        values = {"Loss/train": loss, "grad_norm": norm}
        printed({name: str(numpy.float32(value.item())) for name, value in values.items()}, step)
        if step % 20 == 0:
            writer.add_histogram("weights", model.weight, step)
