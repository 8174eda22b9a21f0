"""`wandb run` in front of any training command: it runs as without us, and is recorded."""

__version__ = "0.1.0"
