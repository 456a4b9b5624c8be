"""Task ids are 32 random hex digits, as the store and the journal write them.

The library makes UUID objects. Its tables of tasks are keyed by them, and hashing and comparing a UUID runs Python
code: that was a tenth of the time of a step. It takes whatever its generator gives, so it is given ours.
"""

from __future__ import annotations

from secrets import token_hex

from SpiffWorkflow import task as library


def new_id() -> str:
    """A new task id."""
    return token_hex(16)


def use_text_ids() -> None:
    """From now on the library names its tasks with `new_id`. May be called again."""
    library.uuid4 = new_id
