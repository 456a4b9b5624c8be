"""What a command says when it cannot do what it was asked: one sentence, Chinese and English, naming the culprit."""

from __future__ import annotations

import click

from app.anchoring import BadAnchors
from app.settings import BadSetting
from app.working.needs import NeedsPostgresql
from decisions import DmnError, FeelError
from forms.messages import FormError
from persistence.backup import CannotBackUp
from persistence.database import BadDatabaseUrl
from persistence.keys import WrongMasterKey
from persistence.queue_version import QueueOutdated
from persistence.roles import CannotGrant
from persistence.schema import SchemaTooNew, StoreAway
from processes.engine.xml import XmlRefused
from processes.errors import BadPack, Refusal
from timers.errors import TimerError

MOST_PROBLEMS = 20


class BadInput(click.ClickException):
    """What was typed names nothing, or nothing usable. Exit code 2."""

    exit_code = 2

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")


class CheckFailed(click.ClickException):
    """What was asked for was checked and is not in order. Exit code 1."""

    exit_code = 1

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")


def sentence_of(error: Exception) -> str | None:
    """The sentence for an error that input can cause; None for a fault of ours, whose traceback is wanted."""
    match error:
        case BadPack():
            return "\n".join([problem_line(problem) for problem in error.problems[:MOST_PROBLEMS]] or [error.zh])
        case Refusal() | TimerError() | FormError() | WrongMasterKey() | SchemaTooNew() | StoreAway() | XmlRefused():
            return f"{error.zh} / {error.en}"
        case BadSetting() | BadAnchors() | CannotBackUp() | CannotGrant() | NeedsPostgresql() | QueueOutdated():
            return f"{error.zh} / {error.en}"
        case FeelError() | DmnError():
            return str(error)
        case BadDatabaseUrl():
            return f"JIEBAN_DATABASE_URL：数据库地址无效。 / {error}"
        case UnicodeDecodeError():
            return f"文件不是 UTF-8 编码（第 {error.start} 字节）。 / The file is not UTF-8 (byte {error.start})."
        case OSError() if error.filename:
            return f"无法读写 {error.filename}。 / {error.strerror}: {error.filename}"
    return None


def problem_line(problem: object) -> str:
    """One line of a problem of a pack: file, element, both sentences."""
    file, element = getattr(problem, "file", ""), getattr(problem, "element", "")
    zh, en = getattr(problem, "zh", str(problem)), getattr(problem, "en", "")
    place = "" if file and zh.startswith(file) else " ".join(part for part in (file, element) if part)
    return f"{place}: {zh} / {en}" if place else f"{zh} / {en}"
