"""Types: what `instance of` asks, and what typed variables of DMN do to the values they receive.

`conforms` is the plain question.  `convert` is DMN's rule for handing a value to a typed variable: a list of one
may stand for its element, a value for a list of one, a date for its midnight in UTC; anything else that does not
conform becomes null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .arithmetic import midnight
from .syntax import TypeName
from .values import Function, kind_of

_ALIASES = {
    "dateTime": "date and time", "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration", "any": "Any",
}  # fmt: skip
BASIC = frozenset(
    {
        "number", "string", "boolean", "date", "time", "date and time", "days and time duration",
        "years and months duration", "Any", "Null", "list", "context", "range", "function",
    }
)  # fmt: skip


@dataclass(slots=True)
class Type:
    """`kind` is a basic name; `item` types the elements of a list or range; `fields` those of a context.

    `parameters` and `result` are set for function types, `allowed` tests a value against allowed values.
    """

    kind: str
    item: Type | None = None
    fields: dict[str, Type] | None = None
    parameters: tuple[Type, ...] | None = None
    result: Type | None = None
    allowed: Callable[[Any], bool | None] | None = field(default=None, compare=False)


ANY = Type("Any")


def basic(name: str) -> Type | None:
    """The built-in type of that name, prefixes such as `feel:` allowed."""
    bare = name.split(":", 1)[1] if name.startswith(("feel:", "xsd:")) else name
    bare = _ALIASES.get(bare, bare)
    return Type(bare) if bare in BASIC else None


def resolve(written: TypeName | None, known: Mapping[str, Type]) -> Type | None:
    """The type a written type means; None when its name is unknown."""
    if written is None:
        return ANY
    if written.name in ("list", "range") and written.arguments:
        item = resolve(written.arguments[0], known)
        return None if item is None else Type(written.name, item=item)
    if written.name == "context" and written.fields:
        fields = {name: resolve(kind, known) for name, kind in written.fields}
        if any(kind is None for kind in fields.values()):
            return None
        return Type("context", fields={name: kind for name, kind in fields.items() if kind is not None})
    if written.name == "function" and written.arguments:
        parts = [resolve(kind, known) for kind in written.arguments]
        if any(part is None for part in parts):
            return None
        return Type("function", parameters=tuple(p for p in parts[:-1] if p is not None), result=parts[-1])
    return known.get(written.name) or basic(written.name)


def conforms(value: Any, kind: Type) -> bool:
    """Whether a value is of a type; null is only of type Null."""
    if kind.kind == "Any":
        return value is not None
    found = kind_of(value)
    if kind.kind == "Null":
        return value is None
    if found != kind.kind:
        return False
    if kind.item is not None and not _items_conform(value, kind.item, found):
        return False
    if kind.fields is not None and not _fields_conform(value, kind.fields):
        return False
    if found == "function" and kind.parameters is not None and not _function_conforms(value, kind):
        return False
    return kind.allowed is None or kind.allowed(value) is True


def _items_conform(value: Any, item: Type, found: str) -> bool:
    if found == "list":
        return all(entry is None or conforms(entry, item) for entry in value)
    return all(end is None or conforms(end, item) for end in (value.low, value.high))


def _fields_conform(value: Mapping[str, Any], fields: dict[str, Type]) -> bool:
    return all(name in value and (value[name] is None or conforms(value[name], kind)) for name, kind in fields.items())


def _function_conforms(value: Function, kind: Type) -> bool:
    if value.type is None:
        return True
    own: Type = value.type
    if own.parameters is None or kind.parameters is None or len(own.parameters) != len(kind.parameters):
        return False
    takes = all(_subtype(wanted, mine) for wanted, mine in zip(kind.parameters, own.parameters, strict=True))
    return takes and (kind.result is None or own.result is None or _subtype(own.result, kind.result))


def _subtype(narrow: Type, wide: Type) -> bool:
    if wide.kind == "Any":
        return True
    if narrow.kind != wide.kind:
        return False
    if wide.item is not None:
        return narrow.item is not None and _subtype(narrow.item, wide.item)
    if wide.fields is not None:
        own = narrow.fields or {}
        return all(name in own and _subtype(own[name], kind) for name, kind in wide.fields.items())
    return True


def without_constraints(kind: Type) -> Type:
    """The same type without allowed values, which `instance of` does not look at."""
    return Type(
        kind.kind,
        item=None if kind.item is None else without_constraints(kind.item),
        fields=None if kind.fields is None else {name: without_constraints(part) for name, part in kind.fields.items()},
        parameters=kind.parameters,
        result=kind.result,
    )


def convert(value: Any, kind: Type) -> Any:
    """The value as a variable of that type holds it; null when it cannot."""
    if value is None or kind.kind == "Any" or conforms(value, kind):
        return value
    found = kind_of(value)
    if found == "list" and kind.kind != "list" and len(value) == 1:
        return value[0] if conforms(value[0], kind) else None
    if kind.kind == "list" and found != "list":
        wrapped = [value if kind.item is None else convert(value, kind.item)]
        return wrapped if wrapped[0] is not None and conforms(wrapped, kind) else None
    if kind.kind == "date and time" and found == "date":
        return midnight(value)
    return None
