"""OpenAI Baselines and its heirs: progress tables, boxes, monitors, evaluations."""
