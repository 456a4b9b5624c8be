"""The commands of `jieban`, one module per group. Each parses, calls one function of the house, and prints."""
