"""The work that nobody clicks for: firing deadlines, opening duties, delivering notices, batches, anchors.

`hands.py` does each piece, in a transaction of its own, on either database. What wakes it are two clocks
(`background.py`, on APScheduler). Inside one process (SQLite) they call the hands (`one_process.py`); with PostgreSQL
they defer jobs, and any number of workers take them (`worker.py`, `crew.py`, on Procrastinate). What is to be done
stands in our own tables; a job is only a nudge, so that one which is lost, doubled or late changes nothing.
"""
