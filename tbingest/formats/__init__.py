"""One file per format, ending in `FORMAT`; one per kind of folder of runs, ending in `STORE`."""
