"""Replaying real messages: each becomes an order that lives through its years in virtual time, by the real door.

`reader` takes the CSV, `acts` asks the pack's tables who acts when, `run` lets the time pass, `report` counts.
"""
