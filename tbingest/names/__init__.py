"""How tags, runs, steps and times are read from names, and written as names."""
