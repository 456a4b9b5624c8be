"""`for`, `some`, `every` and filters: the constructs that evaluate a part of themselves many times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import numbers, values
from . import syntax as tree
from .compile_base import BaseCompiler
from .env import Code, Env
from .eras import day_number, plus
from .limits import checked_length
from .temporal import ONE_DAY
from .values import PLAIN, Range, adopt

Domains = list[tuple[str, Code, Code | None]]


class LoopCompiler(BaseCompiler):
    """Compiles loops; every turn takes a step of the work."""

    def loop(self, node: tree.For) -> Code:
        """`for ... return`"""
        domains = self._domains(node.iterators)
        self.frames += 1 + len(domains)
        body = self.code(node.body)
        self.frames -= 1 + len(domains)

        return loop_code(domains, body, node.weight)

    def quantified(self, node: tree.Quantified) -> Code:
        """`some` is a long `or`, `every` a long `and`."""
        domains = self._domains(node.iterators)
        self.frames += 1 + len(domains)
        condition = self.code(node.condition)
        self.frames -= 1 + len(domains)
        return quantified_code(domains, condition, every=node.every, weight=node.weight)

    def _domains(self, iterators: list[tree.Iterator]) -> Domains:
        domains: Domains = []
        for number, iterator in enumerate(iterators):
            self.frames += number + 1
            end = self.code(iterator.end) if iterator.end is not None else None
            domains.append((iterator.name, self.code(iterator.domain), end))
            self.frames -= number + 1
        return domains

    def filter(self, node: tree.Filter) -> Code:
        """`list[index]` or `list[condition]`; what is no list counts as a list of one."""
        base = self.code(node.base)
        condition, weight = self.inner_code(node.condition), node.weight

        def run(env: Env) -> Any:
            value = base(env)
            items = value if type(value) is list else as_list(value)
            return filtered(items, condition, env, weight)

        return run


def loop_code(domains: Domains, body: Code, weight: int) -> Code:
    """The code of a `for` over compiled domains; its body sees `partial`, the results so far."""

    def run(env: Env) -> list[Any] | None:
        results: list[Any] = []
        for inner in turns(domains, 0, env.inner({"partial": results}), weight):
            if inner is None:
                return None
            results.append(body(inner))
            checked_length(len(results))
        return results

    return run


def quantified_code(domains: Domains, condition: Code, *, every: bool, weight: int) -> Code:
    """The code of `some` or `every`; what is neither true nor false makes the answer null unless it is settled."""
    stop = not every

    def run(env: Env) -> Any:
        result: bool | None = every
        for inner in turns(domains, 0, env, weight):
            if inner is None:
                return None
            value = condition(inner)
            if value is stop:
                return stop
            if value is None:
                result = None
            elif not isinstance(value, bool):
                return None
        return result

    return run


def filtered(items: list[Any], condition: Code, env: Env, weight: int) -> Any:
    """The elements for which the condition is true, or the one element it counts to."""
    chosen: list[Any] = []
    env.work.spend(len(items) * weight + 1)
    for number, item in enumerate(items):
        verdict = condition(item_frame(item, env))
        if verdict is True:
            chosen.append(item)
        elif number == 0 and numbers.is_number(verdict):
            return element(items, verdict)
        elif verdict is not False and verdict is not None:
            return None
    if not items and numbers.is_number(condition(env.inner({"item": None}))):
        return None
    return chosen


def item_frame(item: Any, env: Env) -> Env:
    """The frame a filter condition sees: the fields of the element, and `item`."""
    inner = env.inner({"item": item})
    return inner.inner(item) if isinstance(item, Mapping) else inner


def element(items: list[Any], number: Any) -> Any:
    """The element counted from 1, or from -1 at the end; null outside the list."""
    index = numbers.whole(number)
    if index is None or index == 0 or abs(index) > len(items):
        return None
    value = items[index - 1 if index > 0 else index]
    return value if type(value) in PLAIN else adopt(value)


def as_list(value: Any) -> list[Any]:
    """A value as the list it stands for."""
    adopted = adopt(value)
    if isinstance(adopted, list):
        return adopted
    return [] if value is None else [adopted]


def turns(domains: Domains, level: int, env: Env, weight: int) -> Iterable[Env | None]:
    """A frame for every combination of the iterators, the last turning fastest; None for a bad domain."""
    name, domain, end = domains[level]
    start = domain(env)
    elements = span(start, end(env)) if end is not None else domain_elements(start)
    if elements is None:
        yield None
        return
    last = level + 1 == len(domains)
    for value in elements:
        env.work.spend(weight if last else 1)
        inner = env.inner({name: value if type(value) in PLAIN else adopt(value)})
        if last:
            yield inner
        else:
            yield from turns(domains, level + 1, inner, weight)


def domain_elements(value: Any) -> Iterable[Any] | None:
    """What `in` runs over: a list, a closed range of integers or days, or a single value."""
    if type(value) is list:
        return value
    if type(value) is Range:
        return range_elements(value)
    return None if value is None else as_list(value)


def range_elements(interval: Range) -> Iterable[Any] | None:
    """The integers or days of a range; null when it is open or of another kind."""
    if interval.low is None or interval.high is None:
        return None
    elements = span(interval.low, interval.high)
    if elements is None or values.less(interval.high, interval.low):
        return None
    items = list(elements)
    if items and not interval.low_included:
        items = items[1:]
    if items and not interval.high_included and values.equal(items[-1], interval.high):
        items = items[:-1]
    return items


def span(start: Any, end: Any) -> Iterable[Any] | None:
    """From start to end, one by one, up or down; null unless both are integers or both dates."""
    first, last = numbers.whole(start), numbers.whole(end)
    if first is not None and last is not None and not isinstance(start, bool) and not isinstance(end, bool):
        checked_length(abs(last - first) + 1)
        return range(first, last + 1) if first <= last else range(first, last - 1, -1)
    if values.kind_of(start) == values.kind_of(end) == "date":
        return _days(start, end)
    return None


def _days(start: Any, end: Any) -> list[Any]:
    count = abs(day_number(end) - day_number(start))
    checked_length(count + 1)
    step = ONE_DAY if day_number(start) <= day_number(end) else -ONE_DAY
    return [plus(start, number * step) for number in range(count + 1)]
