"""What benchmarks share: running commands and accounting for them, figures, goals and tables. Linux, no library."""
