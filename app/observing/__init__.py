"""What an operator sees from outside: metrics (`metrics.py`, `gauges.py`) and logs (`logs.py`), no citizens' data."""
