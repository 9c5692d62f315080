"""Points into runs: what is written beside them, and runs made of other runs."""
