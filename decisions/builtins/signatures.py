"""How built-in functions declare their parameters, and how a call is fitted to them.

`@built_in("substring", "string: string, start position: number, length?: number")` declares one signature; several
functions under one name are tried in order.  Types: any FEEL kind, `any`, `list`, alternatives with `|`, a leading
`?` for "null allowed", `...` for "one list, or any number of values".  A call that fits no signature is null.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..limits import Work
from ..values import Function, adopt, kind_of

_MISFIT: Any = object()
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function; `wants_work` passes the Work as first argument."""

    names: tuple[str, ...]
    fits: tuple[Callable[[Any], Any], ...]
    required: int
    rest: bool
    wants_work: bool
    function: Callable[..., Any]


@dataclass(slots=True)
class Builtin:
    """A built-in function with its signatures and its value as a first-class function."""

    name: str
    signatures: list[Signature]
    value: Function

    def plan(self, count: int, names: tuple[str, ...] | None) -> list[tuple[Signature, tuple[int, ...] | None]]:
        """The signatures a call may use, with the argument for each parameter (-1: left out) when named."""
        found: list[tuple[Signature, tuple[int, ...] | None]] = []
        for signature in self.signatures:
            if names is not None:
                known = signature.names
                if set(names) <= set(known) and set(known[: signature.required]) <= set(names):
                    order = [names.index(name) if name in names else -1 for name in known]
                    while order and order[-1] == -1:
                        order.pop()
                    found.append((signature, tuple(order)))
            elif signature.required <= count and (signature.rest or count <= len(signature.names)):
                found.append((signature, None))
        return found

    def run(self, plan: list[tuple[Signature, tuple[int, ...] | None]], work: Work, arguments: list[Any]) -> Any:
        """Call the first signature the arguments fit."""
        steps = 1
        for argument in arguments:
            kind = type(argument)
            if kind is list or kind is dict:
                steps += len(argument)
            elif kind is str:
                steps += len(argument) >> 7
        work.spend(steps)
        for signature, order in plan:
            given = arguments
            if order is not None:
                given = [arguments[index] if index >= 0 else None for index in order]
            fitted = _fit(signature, given, named=order is not None)
            if fitted is not None:
                if signature.wants_work:
                    return signature.function(work, *fitted)
                return signature.function(*fitted)
        return None


def _fit(signature: Signature, given: list[Any], *, named: bool) -> list[Any] | None:
    fits = signature.fits
    if signature.rest and not named:
        fixed = len(fits) - 1
        head, tail = given[:fixed], given[fixed:]
        if len(tail) == 1 and type(tail[0]) is list:
            tail = tail[0]
        given = [*head, tail]
        if len(head) < fixed:
            return None
    fitted = []
    for fit, argument in zip(fits, given, strict=False):
        value = fit(argument)
        if value is _MISFIT:
            return None
        fitted.append(value)
    return fitted


BUILTINS: dict[str, Builtin] = {}


def built_in(name: str, parameters: str = "", *, work: bool = False) -> Callable[[F], F]:
    """Register a function under a FEEL name with its parameters."""

    def register(function: F) -> F:
        names, fits, required, rest = [], [], 0, False
        for part in (part.strip() for part in parameters.split(",")):
            if not part:
                continue
            parameter, _, kind = (piece.strip() for piece in part.partition(":"))
            if parameter.endswith("?"):
                parameter = parameter[:-1]
            else:
                required += 1
            rest = rest or kind == "..."
            names.append(parameter)
            fits.append(_fitter(kind))
        signature = Signature(tuple(names), tuple(fits), required, rest, work, function)
        if name in BUILTINS:
            BUILTINS[name].signatures.append(signature)
        else:
            _register(name, signature)
        return function

    return register


def _register(name: str, signature: Signature) -> None:
    def call(work: Work, arguments: list[Any]) -> Any:
        entry = BUILTINS[name]
        return entry.run(entry.plan(len(arguments), None), work, arguments)

    value = Function(name, signature.names, call, variadic=True)
    BUILTINS[name] = Builtin(name, [signature], value)


def _fitter(declared: str) -> Callable[[Any], Any]:
    nullable = declared.startswith("?")
    declared = declared.removeprefix("?")
    if declared == "any":
        return adopt
    if declared in ("list", "..."):
        return _fit_list if not nullable else lambda value: None if value is None else _fit_list(value)
    kinds = frozenset(declared.split("|"))

    def fit(value: Any) -> Any:
        if value is None:
            return None if nullable else _MISFIT
        kind = kind_of(value)
        if kind in kinds:
            adopted = adopt(value)
            return _MISFIT if adopted is None else adopted
        if kind == "list" and len(value) == 1:
            return fit(value[0])
        return _MISFIT

    return fit


def _fit_list(value: Any) -> Any:
    if type(value) is list:
        return value
    return _MISFIT if value is None else [adopt(value)]
