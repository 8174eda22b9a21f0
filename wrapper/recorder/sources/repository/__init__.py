"""What is read of the code: the repository, or the modules that a script names."""
