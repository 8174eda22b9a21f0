"""A training loop in PyTorch behind a bar of tqdm for each epoch."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm
from truth import drawn, printed

EPOCHS = 3

torch.manual_seed(4)
inputs = torch.randn(2000, 8)
targets = inputs @ torch.linspace(-1, 1, 8) + 0.1 * torch.randn(2000)
loader = DataLoader(TensorDataset(inputs, targets), batch_size=16, shuffle=True)
model = nn.Linear(8, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

for epoch in range(EPOCHS):
    total = 0.0
    bar = tqdm(loader, desc=f"Epoch {epoch + 1}/{EPOCHS}")
    for step, (x, y) in enumerate(bar, 1):
        loss = nn.functional.mse_loss(model(x).squeeze(1), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
        bar.set_postfix(loss=f"{loss.item():.4f}", mean=f"{total / step:.4f}")
        shown = {"loss": f"{loss.item():.4f}", "mean": f"{total / step:.4f}"}
        drawn(shown, epoch=epoch + 1)
    printed(shown, [len(loader), (epoch + 1) * len(loader)], epoch + 1)
