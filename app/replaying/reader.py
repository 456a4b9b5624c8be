"""The CSV of messages: UTF-8, one message per row, with a header.

| column | meaning |
|---|---|
| `message_id` | names the message; the order made of it carries this key |
| `user_id` | who wrote, as the source names them (optional) |
| `subject`, `body` | what was written |
| `received_at` | instant with offset, ISO 8601 |
| `reply`, `replied_at` | what was answered and when (optional; both empty: no answer) |

Other columns are ignored. The whole file is checked before anything is done with it; what is wrong is said with file
and line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.commands.failing import BadInput

REQUIRED = ("message_id", "subject", "body", "received_at")
REPLY = ("reply", "replied_at")
MAX_FILE = 200_000_000
"""Bytes. Ten times what a city's hotline writes in a year."""
MAX_KEY = 100


@dataclass(frozen=True, slots=True)
class Message:
    """One row. `line` is where it begins in the file; instants are in UTC."""

    key: str
    line: int
    subject: str
    body: str
    received_at: datetime
    reply: str = ""
    replied_at: datetime | None = None


def read_messages(path: Path, limit: int | None = None) -> list[Message]:
    """The messages of a file by time, at most the first `limit`. Raises `BadInput` with file and line."""
    if path.stat().st_size > MAX_FILE:
        raise BadInput(f"{path}：文件超过 {MAX_FILE // 1_000_000} MB。", f"{path}: larger than {MAX_FILE} bytes.")
    with path.open("rb") as file:
        if b"\0" in file.read(4096):
            raise BadInput(f"{path}：不是文本文件。", f"{path}: not a text file.")
    messages: list[Message] = []
    lines: dict[str, int] = {}
    for line, row in _rows(path):
        message = _message(path, line, row)
        if message.key in lines:
            raise _bad(
                path,
                line,
                f"message_id “{message.key}”与第 {lines[message.key]} 行重复。",
                f"message_id {message.key!r} was used in line {lines[message.key]}.",
            )
        lines[message.key] = line
        messages.append(message)
    if not messages:
        raise BadInput(f"{path}：没有来信。", f"{path}: no messages.")
    messages.sort(key=lambda one: (one.received_at, one.line))
    return messages[:limit]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line at which a row begins, and its cells by column."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        line = 1
        try:
            header = next(reader, [])
            _check_header(path, header)
            line = reader.line_num + 1
            for cells in reader:
                if cells:
                    if len(cells) != len(header):
                        raise _bad(
                            path,
                            line,
                            f"有 {len(cells)} 列，表头有 {len(header)} 列。",
                            f"{len(cells)} cells, but {len(header)} columns in the header.",
                        )
                    yield line, dict(zip(header, cells, strict=True))
                line = reader.line_num + 1
        except csv.Error as error:
            raise _bad(path, line, f"CSV 格式错误（{error}）。", f"bad CSV: {error}.") from None
        except UnicodeDecodeError as error:
            line = _line_of(path, error)
            raise _bad(path, line, "不是 UTF-8 编码。", "not UTF-8.") from None


def _check_header(path: Path, header: list[str]) -> None:
    if not header:
        raise BadInput(f"{path}：文件是空的。", f"{path}: the file is empty.")
    missing = [name for name in REQUIRED if name not in header]
    if any(name in header for name in REPLY):
        missing += [name for name in REPLY if name not in header]
    if missing:
        raise _bad(path, 1, f"缺少列：{'、'.join(missing)}。", f"missing columns: {', '.join(missing)}.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise _bad(path, 1, f"列名重复：{'、'.join(twice)}。", f"columns named twice: {', '.join(twice)}.")


def _message(path: Path, line: int, row: Mapping[str, str]) -> Message:
    key = row["message_id"].strip()
    if not key or len(key) > MAX_KEY:
        raise _bad(path, line, "message_id 为空或过长。", "message_id is empty or too long.")
    received_at = _instant(path, line, "received_at", row["received_at"])
    replied = row.get("replied_at", "").strip()
    reply = row.get("reply", "").strip()
    replied_at = _instant(path, line, "replied_at", replied) if replied else None
    if replied_at is None and reply:
        raise _bad(path, line, "有答复，却没有 replied_at。", "a reply without replied_at.")
    if replied_at is not None and replied_at < received_at:
        raise _bad(path, line, "replied_at 早于 received_at。", "replied_at is before received_at.")
    return Message(key, line, row["subject"].strip(), row["body"].strip(), received_at, reply, replied_at)


def _instant(path: Path, line: int, column: str, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
        if at.tzinfo is None:
            raise ValueError
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _bad(
            path,
            line,
            f"{column}：“{text[:40]}”不是带时差的时间，应写作 2019-09-28T11:00:00+08:00。",
            f"{column}: {text[:40]!r} is no time with an offset; write 2019-09-28T11:00:00+08:00.",
        ) from None


def _line_of(path: Path, error: UnicodeDecodeError) -> int:
    """The line of the first byte that is not UTF-8. The text layer decodes in blocks, so it is looked for again."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return error.start


def _bad(path: Path, line: int, zh: str, en: str) -> BadInput:
    return BadInput(f"{path} 第 {line} 行：{zh}", f"{path}:{line}: {en}")
