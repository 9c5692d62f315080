"""One file per kind of parameter dump."""
