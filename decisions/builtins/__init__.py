"""The built-in functions of FEEL 1.5, by name.

Each module registers the functions of one chapter of the standard; `BUILTINS` is the whole table.
"""

from . import contexts, conversions, lists, logic, numeric, ranges, statistics, strings, temporal
from .signatures import BUILTINS, Builtin

CHAPTERS = (contexts, conversions, lists, logic, numeric, ranges, statistics, strings, temporal)

__all__ = ["BUILTINS", "CHAPTERS", "Builtin"]
