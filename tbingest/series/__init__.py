"""What stands: the value that a time series shows at each step. Pure functions."""
