"""Hugging Face: the Trainer, its consoles, results and model cards."""
