"""Delivery: what the outbox holds goes out by e-mail or by webhook, at least once, under one key.

`deliver.py` is the way of one notice: claim, address (`addresses.py`), words (`words.py`), send (`mail.py`,
`webhook.py`), and note what became of it.
"""
