"""Weights & Biases: its record file, its exports, tables and charts."""
