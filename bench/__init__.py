"""The benchmark: `python -m bench --help`, from a checkout."""
