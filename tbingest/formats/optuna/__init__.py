"""Optuna: studies in a database or as a table."""
