"""Figures, drawn by matplotlib when they are wanted: the same data give the same bytes."""
