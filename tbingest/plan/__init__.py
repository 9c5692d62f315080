"""What is read as what, into which run, and why."""
