"""The engines of PyPI on the same texts, run by the Python of their own virtual environment.

As `Peers.java`: cases come on standard input, a line of JSON goes out for each case and engine.  Both engines parse the
text at every evaluation, because they offer nothing else; pySFeel has its variables assigned beforehand.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from bkflow_feel.api import parse_expression
from pySFeel import SFeelParser

ROUNDS = 9
SECONDS_OF_ROUND = 0.15


def bkflow(text: str, context: dict[str, Any]) -> Callable[[], Any]:
    return lambda: parse_expression(expression=text, context=context)


def pysfeel(text: str, context: dict[str, Any]) -> Callable[[], Any]:
    parser = SFeelParser()
    for name, value in context.items():
        parser.sFeelParse(f"{name} <- {json.dumps(value)}")
    return lambda: parser.sFeelParse(text)[1]


def measured(run: Callable[[], Any]) -> list[float]:
    begun = perf_counter()
    for _ in range(10):
        run()
    batch = max(5, int(SECONDS_OF_ROUND / ((perf_counter() - begun) / 10)))
    rounds = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        for _ in range(batch):
            run()
        rounds.append((perf_counter() - begun) / batch * 1e6)
    return rounds


for name, case in json.load(sys.stdin)["expressions"].items():
    for engine, prepare in (("bkflow-feel", bkflow), ("pySFeel", pysfeel)):
        said: dict[str, Any] = {"case": name, "engine": engine}
        try:
            run = prepare(case["text"], case["context"])
            said |= {"value": run(), "microseconds": measured(run)}
        except Exception as error:  # whatever goes wrong inside another engine is its answer
            said["error"] = f"{type(error).__name__}: {error}"
        print(json.dumps(said, default=str), flush=True)
