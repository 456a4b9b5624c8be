"""Benchmarks: what a step costs, beside the baseline it is compared with in the same run. `python -m bench`."""
