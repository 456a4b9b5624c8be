"""The work that nobody clicks for: firing deadlines, opening duties, delivering notices, batches, anchors.

`hands.py` does each piece, in a transaction of its own, on either database. What wakes it differs: inside one process
(SQLite) APScheduler calls the hands (`app/sweeping.py`); with PostgreSQL it defers jobs, and any number of workers take
them (`worker.py`, on Procrastinate). What is to be done stands in our own tables; a job is only a nudge, so that one
which is lost, doubled or late changes nothing.
"""
