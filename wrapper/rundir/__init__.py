"""The ground: names, lines, positions, reading and merging parts. FORMAT.md is the contract."""
