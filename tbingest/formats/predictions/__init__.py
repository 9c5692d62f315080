"""Predictions beside their truth: confusion matrices, curves, scatter plots."""
