"""The journal anchored outside the database: a file of lines that only grows.

Each line holds the mark of the journal at some moment (`persistence.anchors`) and the digest of the line before, so
that a line that was taken out or changed is noticed too. Whoever restores an older backup, or rewrites the journal,
would have to rewrite this file as well; keep it on another machine, or print its last line now and then.

After a backup was restored on purpose a line says so, with the reason; what was anchored before no longer binds.

A line counts once it ends with its line break. What a full disk or a power cut left of one is cut off by the next.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any, BinaryIO

from persistence.anchors import START, Mark, Settled, is_settled, mark_after, marks, newest
from persistence.store import Database

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
PAUSE_SECONDS = 0.05


class BadAnchors(Exception):
    """The file is not what this program wrote. `line`: which, from 1."""

    def __init__(self, path: Path, line: int) -> None:
        self.zh = f"锚定文件 {path} 第 {line} 行被改动或缺失。"
        self.en = f"Line {line} of the anchor file {path} was changed, or lines before it were removed."
        super().__init__(f"{self.zh} / {self.en}")


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line. `restart`: why what was anchored before no longer binds, or None."""

    at: datetime
    mark: Mark
    restart: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Held:
    """What comparing found. `broken`: a sentence (zh, en), or None."""

    anchors: int
    broken: tuple[str, str] | None


class Anchors:
    """The file of one installation; `path` None: nothing is anchored. Safe to use from several processes."""

    def __init__(self, database: Database, path: Path | None) -> None:
        self._database, self._path = database, path
        self._waiting: Settled | None = None
        self._looked_at: datetime | None = None

    @property
    def path(self) -> Path | None:
        return self._path

    def anchor_if_time(self, now: datetime) -> bool:
        """Once an hour: anchor what has settled since. True if a line was written. A file that cannot be written is
        logged, and stops nothing; while another process anchors, it is left for the next call."""
        if self._path is None:
            return False
        if self._waiting is None:
            if self._looked_at is not None and timedelta(0) <= now - self._looked_at < EVERY:
                return False
            self._waiting, self._looked_at = newest(self._database), now
        if not is_settled(self._database, self._waiting):
            return False
        settled, self._waiting = self._waiting, None
        try:
            return self._append(settled.last, now, wait=False) is not None
        except BlockingIOError:
            self._waiting = settled
            return False
        except (OSError, BadAnchors) as error:
            log.error("the journal cannot be anchored: %s", type(error).__name__)
            return False

    def anchor(self, now: datetime, restart: str | None = None) -> Anchor | None:
        """Anchor the journal as it stands. None if nothing is new. Raises `BadAnchors`, `OSError`."""
        settled = newest(self._database)
        while not is_settled(self._database, settled):
            sleep(PAUSE_SECONDS)  # a commit is on its way
        return self._append(settled.last, now, restart)

    def read(self) -> list[Anchor]:
        """All lines. Raises `BadAnchors`."""
        if self._path is None or not self._path.exists():
            return []
        return _anchors(self._path, _whole_lines(self._path.read_bytes()))

    def compare(self) -> Held:
        """Hold the journal against every anchor that binds. Raises `BadAnchors`."""
        every = self.read()
        restarts = [index for index, one in enumerate(every) if one.restart is not None]
        binding = every[restarts[-1] :] if restarts else every
        found = marks(self._database, [one.mark.last for one in binding])
        for anchor, mark in zip(binding, found, strict=True):
            if mark != anchor.mark:
                return Held(len(every), _said(anchor, mark))
        return Held(len(every), None)

    def _append(self, last: int, now: datetime, restart: str | None = None, *, wait: bool = True) -> Anchor | None:
        """Raises `BlockingIOError` if another process has the file, and this one is not to `wait`."""
        if self._path is None:
            return None
        with _locked(self._path, wait=wait) as file:
            whole = _whole_lines(file.read())
            known = _anchors(self._path, whole)
            newest_known = known[-1] if known else None
            before = newest_known.mark if newest_known is not None and restart is None else START
            if last <= before.last and restart is None:
                return None
            content = {
                "at": now.isoformat(),
                **asdict(mark_after(self._database, before, last)),
                "restart": restart,
                "before": _digest(newest_known.text) if newest_known else "",
            }
            text = json.dumps(content, ensure_ascii=False)
            _write(file, sum(map(len, whole)), text.encode() + b"\n")
        return _anchor(text)


def _said(anchor: Anchor, mark: Mark) -> tuple[str, str]:
    at = anchor.at.isoformat(timespec="seconds")
    if mark.last < anchor.mark.last or mark.entries < anchor.mark.entries:
        missing = anchor.mark.entries - mark.entries
        return (
            f"流水比 {at} 的锚定少 {missing} 条：恢复过更早的备份，或有记录被删除。",
            f"The journal has {missing} entries fewer than were anchored at {at}: an older backup was restored, "
            "or entries were removed.",
        )
    return (
        f"流水与 {at} 的锚定不符：锚定之前的记录被改写，或恢复过更早的备份后又有新记录。",
        f"The journal differs from what was anchored at {at}: entries before it were rewritten, or an older backup "
        "was restored and went on.",
    )


@contextmanager
def _locked(path: Path, *, wait: bool) -> Iterator[BinaryIO]:
    """The file, unbuffered: what could not be written must not be written later, when it is closed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.seek(0)
        yield file


def _write(file: BinaryIO, size: int, line: bytes) -> None:
    """Write a line behind the first `size` bytes, all of it or nothing. Raises `OSError`."""
    file.truncate(size)
    try:
        if file.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file.fileno())
    except OSError:
        file.truncate(size)
        raise


def _whole_lines(content: bytes) -> list[bytes]:
    """The lines that end with their line break."""
    return [line for line in content.splitlines(keepends=True) if line.endswith(b"\n")]


def _anchors(path: Path, lines: Sequence[bytes]) -> list[Anchor]:
    found: list[Anchor] = []
    for number, line in enumerate(lines, 1):
        try:
            text = line.decode().rstrip("\n")
            one, before = _anchor(text), json.loads(text)["before"]
        except (ValueError, KeyError, TypeError) as error:
            raise BadAnchors(path, number) from error
        if before != (_digest(found[-1].text) if found else ""):
            raise BadAnchors(path, number)
        found.append(one)
    return found


def _anchor(text: str) -> Anchor:
    content: dict[str, Any] = json.loads(text)
    mark = Mark(int(content["last"]), int(content["entries"]), str(content["digest"]))
    return Anchor(datetime.fromisoformat(content["at"]), mark, content["restart"], text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
