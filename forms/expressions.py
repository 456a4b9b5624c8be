"""FEEL as this room sees it: something handed in that turns text into an object with `evaluate`.

The scope of an expression is the form's own values over the scope of the instance; a field that is hidden
or empty is null, whatever the instance holds under its name.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from forms.messages import FormError
from forms.specs import FieldSpec


class Evaluable(Protocol):
    """A compiled expression."""

    def evaluate(self, context: Mapping[str, Any], /) -> Any: ...


CompileExpression = Callable[[str], Evaluable]

_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
_NAMES = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


class Expression:
    """One expression of one field; failures name file, field and attribute."""

    __slots__ = ("_compiled", "field", "name", "text", "where")

    def __init__(self, text: str, compile_expression: CompileExpression, *, where: str, field: str, name: str) -> None:
        self.text, self.where, self.field, self.name = text, where, field, name
        try:
            self._compiled = compile_expression(text)
        except Exception as error:  # whatever the compiler we were handed raises, the expression is at fault
            raise FormError("bad_expression", where=where, field=field, name=name, **_said(error)) from error

    def evaluate(self, context: Mapping[str, Any]) -> Any:
        """The value over `context`. Raises `FormError`."""
        try:
            return self._compiled.evaluate(context)
        except Exception as error:  # as above
            raise FormError(
                "expression_failed", where=self.where, field=self.field, name=self.name, **_said(error)
            ) from error

    def holds(self, context: Mapping[str, Any]) -> bool:
        """Whether the value is true; null and everything else count as not."""
        return self.evaluate(context) is True


def _said(error: Exception) -> dict[str, str]:
    """What the compiler says, in each language it says it in, with the place when it knows one."""
    line, column = (getattr(error, name, 0) for name in ("line", "column"))
    place = f" ({line}:{column})" if line else ""
    return {name: f"{getattr(error, name, error)}{place}" for name in ("zh", "en")}


class Layers(Mapping[str, Any]):
    """The form's own values over the scope of the instance, without copying the latter."""

    __slots__ = ("own", "scope")

    def __init__(self, own: Mapping[str, Any], scope: Mapping[str, Any]) -> None:
        self.own, self.scope = own, scope

    def __getitem__(self, name: str) -> Any:
        return self.own[name] if name in self.own else self.scope[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self.own[name] if name in self.own else self.scope.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self.own or name in self.scope

    def __iter__(self) -> Iterator[str]:
        yield from self.own
        yield from (name for name in self.scope if name not in self.own)

    def __len__(self) -> int:
        return len(self.own.keys() | self.scope.keys())


def hiding_order(fields: tuple[FieldSpec, ...], *, where: str) -> tuple[FieldSpec, ...]:
    """The fields with a hiding condition, each after those its condition reads, so that one pass settles all.

    Raises `FormError` with `circle` when conditions depend on each other.
    """
    conditional = {spec.key: spec for spec in fields if spec.hide is not None}
    ordered: dict[str, FieldSpec] = {}

    def visit(spec: FieldSpec, path: tuple[str, ...]) -> None:
        if spec.key in path:
            keys = " → ".join((*path[path.index(spec.key) :], spec.key))
            raise FormError("circle", where=where, field=spec.key, keys=keys)
        if spec.key in ordered:
            return
        for name in _NAMES.findall(_STRINGS.sub("", spec.hide or "")):
            if name in conditional:
                visit(conditional[name], (*path, spec.key))
        ordered[spec.key] = spec

    for spec in conditional.values():
        visit(spec, ())
    return tuple(ordered.values())
