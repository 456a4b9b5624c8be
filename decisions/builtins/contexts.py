"""Functions of contexts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..values import adopt, kind_of
from .signatures import built_in


@built_in("get value", "m: context, key: string")
def get_value(context: Mapping[str, Any], key: str) -> Any:
    """The value of an entry."""
    return adopt(context.get(key))


@built_in("get value", "context: context, key: string")
def get_value_of_context(context: Mapping[str, Any], key: str) -> Any:
    """The value of an entry."""
    return adopt(context.get(key))


@built_in("get entries", "m: context")
def get_entries(context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A list of contexts with `key` and `value`."""
    return [{"key": key, "value": value} for key, value in context.items()]


@built_in("get entries", "context: context")
def get_entries_of_context(context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A list of contexts with `key` and `value`."""
    return get_entries(context)


@built_in("context", "entries: list")
def context_from(entries: list[Any]) -> dict[str, Any] | None:
    """The context made of `key` and `value` pairs; null when a key is missing, no string, or given twice."""
    result: dict[str, Any] = {}
    for entry in entries:
        if kind_of(entry) != "context" or "key" not in entry or "value" not in entry:
            return None
        key = entry["key"]
        if not isinstance(key, str) or key in result:
            return None
        result[key] = entry["value"]
    return result


@built_in("context put", "context: context, key: string, value: any")
def context_put(context: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The context with one entry added or exchanged."""
    return {**context, key: value}


@built_in("context put", "context: context, keys: list, value: any")
def context_put_deep(context: Mapping[str, Any], keys: list[Any], value: Any) -> dict[str, Any] | None:
    """The context with an entry exchanged at a path of keys."""
    if not keys or not isinstance(keys[0], str):
        return None
    key, rest = keys[0], keys[1:]
    if not rest:
        return {**context, key: value}
    inner = context.get(key)
    if inner is None or kind_of(inner) != "context":
        return None
    put = context_put_deep(inner, rest, value)
    return None if put is None else {**context, key: put}


@built_in("context merge", "contexts: list")
def context_merge(contexts: list[Any]) -> dict[str, Any] | None:
    """All entries of all contexts; later ones win."""
    if any(kind_of(context) != "context" for context in contexts):
        return None
    result: dict[str, Any] = {}
    for context in contexts:
        result.update(context)
    return result
