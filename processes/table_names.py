"""The names a table of a pack may read: what its forms ask, its drawings set, and the platform says.

Facts are sparse, so that at run time a name nobody set is null, and a mistyped one would be too. Before a deployment it
is known what can ever set a name; any other is a mistake of the table's author.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from processes.engine.diagram import Element, read_diagram
from processes.engine.xml import XmlRefused
from processes.pack import Pack

OF_PLATFORM = frozenset({"now", "actor", "actor_name", "parameter", "order", "loopCounter", "archive_no", "published"})
OF_LIMITS = frozenset({"work"})
OF_OFFICE_CASES = frozenset({"occurs_at", "period_from", "period_to"})
OF_REPLAY = frozenset({"task", "subject", "body", "text", "reply"})


def table_names(pack: Pack, forms: Mapping[str, Mapping[str, Any]]) -> frozenset[str] | None:
    """All of them; None while a drawing can't be read, since what it sets is not known then."""
    found = {*OF_PLATFORM, *OF_LIMITS, *OF_OFFICE_CASES, *OF_REPLAY}
    for schema in forms.values():
        found.update(_of_form(schema.get("components", ())))
    for path, data in pack.of_type(".bpmn").items():
        try:
            processes = read_diagram(data, where=path)
        except XmlRefused:
            return None
        for process in processes:
            for element in process.elements.values():
                found.update(_of_element(element))
    return frozenset(found)


def _of_form(components: Any) -> Iterator[str]:
    """Keys of questions; of a personal one tables see only whether it was answered."""
    for component in components:
        if isinstance(component, Mapping):
            key = component.get("key")
            if isinstance(key, str):
                yield from (key, f"has_{key}")
            yield from _of_form(component.get("components", ()))


def _of_element(element: Element) -> Iterator[str]:
    """What scripts, tables, operations, messages and multi-instances put a value under."""
    for name in (element.result, element.item):
        if name:
            yield name.removeprefix("order.")
    for name, text in element.inputs:
        yield name
        if name == "fact":
            yield text.strip().lstrip("=").strip().strip('"')
