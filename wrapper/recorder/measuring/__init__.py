"""What the machine and the processes of a run do: read from the kernel and the GPU driver, a moment at a time."""
