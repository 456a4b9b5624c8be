"""Parameters of a pack: values that an owner may have to revise, and values that were lost in the text.

`pack.toml [parameters]` holds them, with where they come from: `text` (the regulation says it), `default` (it is
silent, this is ours), `reading` (it can be read in several ways) or `masked` (the copy hides it). Drawings, tables and
forms read `parameter.name`, so that a value stands in one place. One without a value is null. A masked value that has
one must be confirmed by a person before the pack may come into force.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from decisions import suggestion
from processes.pack import Pack, Problem

KINDS = ("text", "default", "reading", "masked")
_READ = re.compile(r"\bparameter\.([A-Za-z_]\w*)")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_READERS = (".bpmn", ".form")  # tables are checked by decisions.check_model, with their rows


@dataclass(frozen=True, slots=True)
class Parameter:
    """`value`: text, whole number, truth value, or a list of these; None if it is not set. `title`: in Chinese."""

    name: str
    value: Any
    unit: str
    kind: str
    title: str
    cites: str

    @property
    def must_be_confirmed(self) -> bool:
        return self.kind == "masked" and self.value is not None


def parameters_of(pack: Pack) -> dict[str, Parameter]:
    """The parameters of a pack that was checked, by name."""
    return {
        name: Parameter(
            name,
            _plain(said.get("value")),
            str(said.get("unit", "")),
            str(said.get("kind", "default")),
            str(said.get("name", name)),
            str(said.get("cites", "")),
        )
        for name, said in _table(pack).items()
    }


def check_parameters(pack: Pack) -> Iterator[Problem]:
    """Parameters that are not written as they should be, and readings of some that do not exist."""
    written = pack.settings.get("parameters", {})
    if not isinstance(written, Mapping):
        yield _problem("pack.toml", "parameters", "应为表 [parameters]。", "should be a table [parameters].")
        return
    for name, said in written.items():
        place = f"parameters.{name}"
        if not _NAME.fullmatch(name):
            yield _problem("pack.toml", place, "名称应为小写字母、数字和下划线。", "use a-z, 0-9 and _ in the name.")
        if not isinstance(said, Mapping) or said.get("kind") not in KINDS:
            zh = '应写作 { value = 5, kind = "masked", name = "…" }，kind 为 text、default、reading 或 masked。'
            en = 'write { value = 5, kind = "masked", name = "…" }; kind is text, default, reading or masked.'
            yield _problem("pack.toml", place, zh, en)
        elif not _is_value(said.get("value")):
            zh, en = (
                "value 应为文字、整数、真假或它们的列表。",
                "value should be text, an integer, a boolean or a list.",
            )
            yield _problem("pack.toml", place, zh, en)
    yield from _unknown(pack, set(written))


def _unknown(pack: Pack, known: set[str]) -> Iterator[Problem]:
    for path, data in sorted(pack.files.items()):
        if not path.endswith(_READERS):
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            for name in _READ.findall(line):
                if name not in known:
                    near = suggestion(name, known)
                    zh = f"pack.toml 中没有参数“{name}”。" + (f"是否指“{near}”？" if near else "")
                    en = f"pack.toml has no parameter {name!r}." + (f" Did you mean {near!r}?" if near else "")
                    yield Problem("error", "parameter", path, f"第{number}行", zh, en)


def _is_value(value: object) -> bool:
    if isinstance(value, list):
        return all(_is_value(one) and not isinstance(one, list) for one in value)
    return value is None or isinstance(value, (str, bool, int, date, time))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, (date, datetime, time)) else value


def _table(pack: Pack) -> Mapping[str, Mapping[str, Any]]:
    table: Mapping[str, Mapping[str, Any]] = pack.settings.get("parameters", {})
    return table


def _problem(file: str, element: str, zh: str, en: str) -> Problem:
    return Problem("error", "parameter", file, element, zh, en)
