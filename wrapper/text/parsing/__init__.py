"""Finds metrics in what a program prints: lines in, rows out."""
