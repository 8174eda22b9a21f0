"""What is read of the program that runs: its interpreter and packages, or the binary, and what is around it."""
