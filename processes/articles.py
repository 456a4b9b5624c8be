"""The articles of a regulation and where each of them lives in the pack: `articles.toml`, one table per article.

```toml
["14(3)"]
title = "退回"
summary = "…"                       # in the office's own words, never the sentences of the text
kind = "text"                       # text, reading, default, or lost (its text is missing or masked)
processes = ["return_order"]
elements = ["return_order.review_return"]
tables = ["return_check"]
forms = ["request_return"]
timers = ["T-01"]
scenarios = ["return-refused"]      # name of a scenario or of its file
note = "…"
none = "…"                          # why nothing of the pack belongs to it
```

The official text may lie beside it (`text/official.txt`, attached at deployment); it is split at `第…条`, or, where a
text has no articles, at its chapters `一、`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from processes.errors import BadPack
from processes.pack import Pack, Problem, pack_of
from processes.regulation import Regulation

FILE = "articles.toml"
OFFICIAL = "text/official.txt"
MAX_OFFICIAL = 1024 * 1024
KINDS = ("text", "reading", "default", "lost")
PLACES = ("processes", "elements", "tables", "forms", "timers", "scenarios")
TEXTS = ("title", "summary", "note", "none")

_SCENARIO = re.compile(r"^scenario:[^\S\n]*(\S.*)$", re.MULTILINE)
_HEADING = re.compile(r"^[^\S\n]*第([零〇一二三四五六七八九十百两\d]{1,7})条", re.MULTILINE)
# A chapter begins a line, or follows a full stop where a copy has lost its line breaks.
_CHAPTER = re.compile(r"(?:^|(?<=[。；：]))[^\S\n]*([一二三四五六七八九十]{1,3})、", re.MULTILINE)
_NUMBER = re.compile(r"\d+")
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


@dataclass(frozen=True, slots=True)
class Article:
    """One table of the file. `id` is as written; the lists hold ids of the pack."""

    id: str
    title: str
    summary: str
    kind: str
    processes: tuple[str, ...]
    elements: tuple[str, ...]
    tables: tuple[str, ...]
    forms: tuple[str, ...]
    timers: tuple[str, ...]
    scenarios: tuple[str, ...]
    note: str
    none: str

    @property
    def number(self) -> int | None:
        """14 for `14(3)`; None for an id without a number."""
        found = _NUMBER.search(self.id)
        return int(found[0]) if found else None

    @property
    def mapped(self) -> bool:
        """Something of the pack belongs to it."""
        return bool(self.processes or self.elements or self.tables or self.forms or self.timers)


class Articles:
    """The articles of a compiled pack, and what is wrong with the file."""

    def __init__(self, regulation: Regulation) -> None:
        self._regulation = regulation
        self._pack = regulation.pack
        self._said, self._unread = _read(self._pack)

    @property
    def kept(self) -> bool:
        """The pack has the file."""
        return FILE in self._pack.files

    @cached_property
    def all(self) -> list[Article]:
        """In the order of the file; tables that are malformed are left out and are problems."""
        return [_article(key, said) for key, said in self._said.items() if not list(_malformed(key, said))]

    @cached_property
    def scenarios(self) -> dict[str, str]:
        """Name of a scenario, and of its file with and without ending → path of the file."""
        found: dict[str, str] = {}
        for path, data in self._pack.files.items():
            if path.startswith("scenarios/") and path.endswith((".yaml", ".yml")):
                names = (name.strip().strip("'\"") for name in _SCENARIO.findall(data.decode("utf-8", "replace")))
                at = PurePosixPath(path)
                found |= dict.fromkeys((*names, path, at.name, at.stem), path)
        return found

    def problems(self) -> list[Problem]:
        """References to what does not exist, and articles without a place in the pack and without a reason."""
        found = list(self._unread)
        for key, said in self._said.items():
            found += _malformed(key, said)
        for article in self.all:
            found += self._of(article)
        return found

    def official(self) -> dict[int, str]:
        """Article number → the official text attached to the deployment; empty without one."""
        data = self._pack.files.get(OFFICIAL)
        return split_text(data.decode("utf-8", "replace")) if data else {}

    def unmapped(self) -> list[int]:
        """Articles of the official text of which the file says nothing."""
        known = {article.number for article in self.all}
        return [number for number in self.official() if number not in known]

    def _of(self, article: Article) -> Iterator[Problem]:
        regulation, words = self._regulation, {"processes": "流程", "elements": "环节", "tables": "规则表"}
        words |= {"forms": "表单", "timers": "时限", "scenarios": "场景"}
        known: dict[str, Any] = {
            "processes": regulation.definitions.processes,
            "elements": {f"{one.id}.{element}" for one in regulation.processes() for element in one.elements},
            "tables": regulation.tables,
            "forms": regulation.forms,
            "timers": {row["timer"] for row in regulation.timers()},
            "scenarios": self.scenarios,
        }
        for place in PLACES:
            for name in getattr(article, place):
                if name not in known[place]:
                    yield _problem(article.id, f"没有{words[place]}“{name}”。", f"There is no {place} {name!r}.")
        if not article.mapped and not article.none:
            zh = "没有对应的流程、环节、表或表单，也没有说明原因（none）。"
            yield _problem(article.id, zh, "nothing of the pack belongs to it, and `none` does not say why.", "gap")


def attach(pack: Pack, text: bytes) -> Pack:
    """The pack with the official text of its regulation. Raises `BadPack`: too large, not UTF-8, without articles."""
    if len(text) > MAX_OFFICIAL:
        raise BadPack([_unfit("官方文本超过 1 MB。", "The official text is larger than 1 MB.")])
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        zh, en = f"官方文本不是 UTF-8 编码（第 {error.start} 字节）。", f"not UTF-8 (byte {error.start})."
        raise BadPack([_unfit(zh, en)]) from error
    if not split_text(decoded):
        raise BadPack(
            [_unfit("官方文本里没有“第…条”或“一、”。", "The official text has no articles (第…条) or chapters (一、).")]
        )
    return pack_of({**pack.files, OFFICIAL: decoded.encode()}, pack.name)


def split_text(text: str) -> dict[int, str]:
    """Number of an article (or chapter) → its text, heading included. What stands before the first is left out.

    Where a number comes twice (a reference at the beginning of a line), the first that continues the order counts.
    Chapters count only one by one: `一、` also begins items of lists.
    """
    headings: list[tuple[int, int]] = []
    for heading in _HEADING.finditer(text):
        number = _value(heading[1])
        if number is not None and (not headings or number > headings[-1][0]):
            headings.append((number, heading.start()))
    if not headings:
        for heading in _CHAPTER.finditer(text):
            if _value(heading[1]) == len(headings) + 1:
                headings.append((len(headings) + 1, heading.start()))
    if not headings:
        return {}
    ends = [*(start for _number, start in headings[1:]), len(text)]
    return {number: text[start:end].strip() for (number, start), end in zip(headings, ends, strict=True)}


def _value(written: str) -> int | None:
    """`二十一` → 21, `一百零三` → 103, `14` → 14; None for what is no number."""
    if written.isascii():
        return int(written)
    total, digit = 0, 0
    for character in written:
        if character in "十百":
            total += (digit or 1) * (10 if character == "十" else 100)
            digit = 0
        elif character in _DIGITS:
            digit = _DIGITS[character]
        else:
            return None
    return total + digit


def _read(pack: Pack) -> tuple[Mapping[str, Any], list[Problem]]:
    data = pack.files.get(FILE)
    if data is None:
        return {}, []
    try:
        return tomllib.loads(data.decode("utf-8")), []
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, [_problem("", f"TOML 语法错误：{error}", f"TOML syntax: {error}")]


def _malformed(key: str, said: object) -> Iterator[Problem]:
    if not isinstance(said, Mapping):
        yield _problem(key, '应为表，写作 ["14(3)"]。', 'should be a table, written ["14(3)"].')
        return
    for name, value in said.items():
        if name in PLACES:
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                yield _problem(key, f"{name} 应为文字的列表。", f"{name} should be a list of texts.")
        elif name in TEXTS:
            if not isinstance(value, str):
                yield _problem(key, f"{name} 应为文字。", f"{name} should be text.")
        elif name != "kind":
            yield _problem(key, f"不认识“{name}”。", f"{name!r} is not known here.")
    if not said.get("title"):
        yield _problem(key, "缺少 title。", "title is missing.")
    if said.get("kind", "text") not in KINDS:
        yield _problem(key, "kind 应为 text、reading、default 或 lost。", "kind is text, reading, default or lost.")


def _article(key: str, said: Mapping[str, Any]) -> Article:
    def names(place: str) -> tuple[str, ...]:
        return tuple(said.get(place, ()))

    return Article(
        id=key,
        title=said["title"],
        summary=said.get("summary", ""),
        kind=said.get("kind", "text"),
        processes=names("processes"),
        elements=names("elements"),
        tables=names("tables"),
        forms=names("forms"),
        timers=names("timers"),
        scenarios=names("scenarios"),
        note=said.get("note", ""),
        none=said.get("none", ""),
    )


def _unfit(zh: str, en: str) -> Problem:
    return Problem("error", "file", OFFICIAL, "", zh, en)


def _problem(article: str, zh: str, en: str, code: str = "article") -> Problem:
    return Problem("error", code, FILE, article, zh, en)
