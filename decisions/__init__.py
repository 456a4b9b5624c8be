"""FEEL 1.5 and DMN 1.5: conditions, limits and tables, compiled once, evaluated fast, explained, bounded.

`compile_expression` and `compile_unary_tests` make closures of FEEL text; `read_model` reads a DMN file whose
decisions say which rules decided; `check_model` finds at deployment what would surprise at run time.  Expressions
compute values and can do nothing else; all of them end.  This room imports no other and reads no clock.
"""

from .check import Problem, check_model
from .errors import DmnError, FeelError, FeelLimitError, FeelSyntaxError, NoRuleMatches, SeveralRulesMatch
from .expressions import Expression, UnaryTests, compile_expression, compile_unary_tests, suggestion
from .model import Decided, Decision, Model, read_model
from .tables import MatchedRule
from .temporal import Months
from .values import Function, Range, to_plain

__all__ = [
    "Decided",
    "Decision",
    "DmnError",
    "Expression",
    "FeelError",
    "FeelLimitError",
    "FeelSyntaxError",
    "Function",
    "MatchedRule",
    "Model",
    "Months",
    "NoRuleMatches",
    "Problem",
    "Range",
    "SeveralRulesMatch",
    "UnaryTests",
    "check_model",
    "compile_expression",
    "compile_unary_tests",
    "read_model",
    "suggestion",
    "to_plain",
]
