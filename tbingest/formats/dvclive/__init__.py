"""DVCLive: a table per metric, and a summary."""
