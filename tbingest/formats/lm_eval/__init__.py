"""lm-evaluation-harness: results of tasks."""
