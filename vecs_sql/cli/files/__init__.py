"""The files that the commands `load` and `export` read and write."""
