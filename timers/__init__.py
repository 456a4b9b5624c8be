"""Deadlines: the only wall clock, calendars, limits, due times with their explanation, and the sweep.

This room imports nothing of ours. `limits`, `calendar`, `notice`, `due`, `words` and `remaining` are pure;
`clock` is the one module that reads the wall clock; `sweep` and `scheduler` are handed a store and a verb.
"""
