"""What the columns of a log mean, judged by what survives: pure functions, no files, no clock."""
