"""One file for each kind of folder that holds runs."""
