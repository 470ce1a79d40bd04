"""Cells of 32x32 pixels: their groups, curves, modes, and how they share a budget."""
