"""Parameter dumps: one file per kind, read without its framework and without running it."""
