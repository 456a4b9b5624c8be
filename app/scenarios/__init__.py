"""Scenarios: a regulation's own acceptance tests, played in virtual time through the real door, forms and store.

`run_paths` runs files and folders, `run_pack` the scenarios that a pack carries (before it is deployed, in the
workbench). A file that is wrong gives a failed result with file and line; the others still run.
"""

from app.scenarios.report import Report, Result
from app.scenarios.run import run_pack, run_paths

__all__ = ["Report", "Result", "run_pack", "run_paths"]
