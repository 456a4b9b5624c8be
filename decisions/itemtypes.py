"""Item definitions: the types a DMN file declares, resolved to `Type`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from .errors import FeelError
from .expressions import compile_unary_tests
from .types import ANY, Type, basic
from .xml import Element, child, children, name_of, text_of


class ItemTypes:
    """The named types of one file; `resolve` also knows the types of imported files by `prefix.name`."""

    def __init__(self, root: Element) -> None:
        self._written = {name_of(item): item for item in children(root, "itemDefinition")}
        self._ready: dict[str, Type] = {}
        self._open: set[str] = set()
        self.fields: set[str] = set()
        for item in self._written.values():
            self._collect_fields(item)
        self.types: dict[str, Type] = {}
        for name in self._written:
            found = self.resolve(name)
            if found is not None:
                self.types[name] = found

    def _collect_fields(self, item: Element) -> None:
        for component in children(item, "itemComponent"):
            self.fields.add(name_of(component))
            self._collect_fields(component)

    def resolve(self, reference: str | None) -> Type | None:
        """The type a `typeRef` names; Any for none; null when unknown, or defined by itself."""
        if not reference:
            return ANY
        name = reference.strip()
        if name in self._ready:
            return self._ready[name]
        item = self._written.get(name)
        if item is None and ":" in name:
            item = self._written.get(name.partition(":")[2])
        if item is None:
            return self._component(name) or basic(name)
        if name in self._open:
            return ANY
        self._open.add(name)
        found = self._build(item)
        self._open.discard(name)
        self._ready[name] = found
        return found

    def allowed_text(self, reference: str | None) -> str:
        """The allowed values of a named type as they are written."""
        item = self._written.get((reference or "").strip())
        return text_of(child(item, "allowedValues")) if item is not None else ""

    def _component(self, path: str) -> Type | None:
        head, _, rest = path.partition(".")
        if not rest or head not in self._written:
            return None
        base = self.resolve(head)
        while base is not None and base.kind == "list":
            base = base.item
        return base.fields.get(rest) if base is not None and base.fields else None

    def _build(self, item: Element) -> Type:
        found = self._base(item)
        reference = child(item, "typeRef")
        collection = item.get("isCollection") == "true"
        constraint = text_of(child(item, "typeConstraint"))
        values = text_of(child(item, "allowedValues"))
        if reference is not None and found.kind == "list" and values and not collection and found.item:
            found = replace(found, item=_constrained(found.item, values))
        else:
            found = _constrained(found, values)
        if collection:
            found = Type("list", item=found)
        return _constrained(found, constraint)

    def _base(self, item: Element) -> Type:
        components = list(children(item, "itemComponent"))
        if components:
            return Type("context", fields={name_of(part): self._build(part) for part in components})
        function = child(item, "functionItem")
        if function is not None:
            parameters = tuple(self.resolve(part.get("typeRef")) or ANY for part in children(function, "parameters"))
            result = self.resolve(function.get("outputTypeRef")) or ANY
            return Type("function", parameters=parameters, result=result)
        reference = child(item, "typeRef")
        return self.resolve(reference.text if reference is not None else None) or ANY


def _constrained(kind: Type, text: str) -> Type:
    test = allowed(text)
    if test is None:
        return kind
    outer = kind.allowed
    if outer is None:
        return replace(kind, allowed=test)
    return replace(kind, allowed=lambda value: outer(value) is True and test(value))


def allowed(text: str) -> Callable[[Any], bool | None] | None:
    """A test of a value against allowed values; None when there are none, or they cannot be read."""
    if not text.strip() or text.strip() == "-":
        return None
    try:
        tests = compile_unary_tests(text)
    except FeelError:
        return None
    nothing: Mapping[str, Any] = {}
    return lambda value: tests.matches(value, nothing)


def known_types(own: Mapping[str, Type], imported: Collection[tuple[str, Mapping[str, Type]]]) -> dict[str, Type]:
    """The types of a file with those of its imports under `import name.type name`."""
    found = dict(own)
    for prefix, types in imported:
        found.update({f"{prefix}.{name}": kind for name, kind in types.items()})
    return found
