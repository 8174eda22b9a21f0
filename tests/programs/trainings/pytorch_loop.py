"""A training loop in PyTorch that prints what most people print."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from truth import printed

EPOCHS = 4

torch.manual_seed(3)
inputs = torch.randn(1600, 10)
labels = (inputs[:, :3].sum(1) > 0).long()
train = DataLoader(TensorDataset(inputs[:1280], labels[:1280]), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)

print(f"PyTorch {torch.__version__}, device: cpu, {sum(p.numel() for p in model.parameters()):,} parameters")
for epoch in range(1, EPOCHS + 1):
    for step, (x, y) in enumerate(train, 1):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            print(f"Epoch [{epoch}/{EPOCHS}], Step [{step}/{len(train)}], Loss: {loss.item():.4f}")
            printed({"Loss": f"{loss.item():.4f}"}, [step, (epoch - 1) * len(train) + step], epoch)
    with torch.no_grad():
        output = model(inputs[1280:])
        val_loss = criterion(output, labels[1280:]).item()
        accuracy = 100 * (output.argmax(1) == labels[1280:]).float().mean().item()
    rate = scheduler.get_last_lr()[0]
    scheduler.step()
    print(f"Epoch {epoch}: val_loss={val_loss:.6f} val_acc={accuracy:.2f}% lr={rate:.2e}")
    printed({"val_loss": f"{val_loss:.6f}", "val_acc": f"{accuracy:.2f}", "lr": f"{rate:.2e}"}, None, epoch)
torch.save(model.state_dict(), "model.pt")
print("Saved to model.pt")
