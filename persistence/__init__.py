"""The store: tables, one unit of work per command, the journal's rows, keys of personal values, read queries."""
