"""`jieban trace`: everything about one order, from receipt to archive."""
