"""YAML with line numbers: what a scenario file says, and where.

Files come from people, so they are read within bounds and nothing in them is run: no tags, no anchors (ten lines of
them can stand for gigabytes), no duplicate keys, limited size and depth. Plain words are read as YAML 1.2 does: only
`true` and `false` are booleans, so that an answer `no` stays an answer; `17:30` and dates stay text for the forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from app.scenarios.errors import BadScenario

MAX_BYTES = 500_000
MAX_DEPTH = 12
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"[-+]?\d{1,15}\.\d{1,15}")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file. `value`: text, int, float, bool, None, a list of nodes, or a dict of nodes by key."""

    value: Any
    file: str
    line: int

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"

    def wrong(self, zh: str, en: str) -> BadScenario:
        """An error that points here."""
        return BadScenario(self.where, zh, en)

    def plain(self) -> Any:
        """The value without lines, JSON-able."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def mapping(self, *known: str, required: tuple[str, ...] = ()) -> dict[str, Node]:
        """The nodes by key. `known`: the keys there are (none: any). Raises `BadScenario` at the line of the fault."""
        if not isinstance(self.value, dict):
            raise self.wrong("这里应为“键: 值”的形式", "keys with values are expected here")
        for key, node in self.value.items():
            if known and key not in known:
                raise node.wrong(
                    f"不认识的键“{key}”，可用：{'、'.join(known)}", f"unknown key {key!r}; known: {', '.join(known)}"
                )
        for key in required:
            if key not in self.value:
                raise self.wrong(f"缺少“{key}”", f"{key!r} is missing")
        return dict(self.value)

    def items(self) -> list[Node]:
        """The nodes of a list. Raises `BadScenario`."""
        if not isinstance(self.value, list):
            raise self.wrong("这里应为列表", "a list is expected here")
        return list(self.value)

    def text(self) -> str:
        """A text that is not empty; numbers as they are written. Raises `BadScenario`."""
        if isinstance(self.value, str) and self.value.strip():
            return self.value
        if isinstance(self.value, int | float) and not isinstance(self.value, bool):
            return str(self.value)
        raise self.wrong("这里应为文字", "a text is expected here")

    def texts(self) -> list[str]:
        """A list of texts. Raises `BadScenario`."""
        return [item.text() for item in self.items()]


def read_documents(data: bytes, file: str) -> list[Node]:
    """The documents of a file; empty ones are left out. Raises `BadScenario` with file and line."""
    if len(data) > MAX_BYTES:
        raise BadScenario(file, f"文件超过 {MAX_BYTES // 1000} KB", f"larger than {MAX_BYTES // 1000} KB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadScenario(f"{file}:{line}", "不是 UTF-8 编码", "not UTF-8") from None
    try:
        return [node for node in _documents(yaml.parse(text, Loader=_LOADER), file) if node.value is not None]
    except yaml.MarkedYAMLError as error:
        place = f"{file}:{error.problem_mark.line + 1}" if error.problem_mark else file
        raise BadScenario(place, f"不是有效的 YAML：{error.problem}", f"not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise BadScenario(file, f"不是有效的 YAML：{error}", f"not valid YAML: {error}") from None


def _documents(events: Iterator[Any], file: str) -> Iterator[Node]:
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            yield _node(next(events), events, file, 0)


def _node(event: Any, events: Iterator[Any], file: str, depth: int) -> Node:
    line = event.start_mark.line + 1
    here = Node(None, file, line)
    if depth > MAX_DEPTH:
        raise here.wrong(f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise here.wrong("不允许使用锚点和别名（& 与 *）", "anchors and aliases (& and *) are not allowed")
    if event.tag is not None:
        raise here.wrong(f"不允许使用标签“{event.tag}”", f"the tag {event.tag!r} is not allowed")
    if isinstance(event, yaml.ScalarEvent):
        return Node(_scalar(event.value) if event.implicit[0] else event.value, file, line)
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(_node(event, events, file, depth + 1))
        return Node(items, file, line)
    return Node(_mapping(events, file, depth), file, line)


def _mapping(events: Iterator[Any], file: str, depth: int) -> dict[str, Node]:
    found: dict[str, Node] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _node(event, events, file, depth + 1)
        name = str(key.value)
        if isinstance(key.value, dict | list) or key.value is None:
            raise key.wrong("键应为文字", "a key is a text")
        if name in found:
            raise key.wrong(f"键“{name}”重复", f"the key {name!r} appears twice")
        node = _node(next(events), events, file, depth + 1)
        # The key's line is where people look; the value of a mapping begins one below.
        found[name] = Node(node.value, file, key.line)
    return found


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
