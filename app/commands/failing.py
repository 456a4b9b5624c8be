"""What a command says when it cannot do what it was asked: one sentence, Chinese and English, naming the culprit."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import click

from decisions import DmnError, FeelError
from processes.engine.errors import EngineError
from processes.errors import BadPack
from processes.pack import Problem

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


@runtime_checkable
class Told(Protocol):
    """An error that says itself what is wrong, in both languages."""

    zh: str
    en: str


def sentence_of(error: Exception) -> str | None:
    """The sentence for an error that input can cause; None for a fault of ours, whose traceback is wanted."""
    match error:
        case BadPack():
            return "\n".join(problem_line(problem) for problem in error.problems[:MOST_PROBLEMS])
        case FeelError() | DmnError():
            # The pair without the place serves what names the place itself; here it is wanted.
            return str(error)
        case EngineError():
            # What a diagram does wrong is a refusal by the time it comes here: this one slipped through.
            return None
        case Told():
            return f"{error.zh} / {error.en}"
        case UnicodeDecodeError():
            return f"文件不是 UTF-8 编码（第 {error.start} 字节）。 / The file is not UTF-8 (byte {error.start})."
        case OSError() if error.filename:
            return f"无法读写 {error.filename}。 / {error.strerror}: {error.filename}"
    return None


def problem_line(problem: Problem) -> str:
    """One line of a problem of a pack: file, element, both sentences."""
    said_already = problem.file and problem.zh.startswith(problem.file)
    place = "" if said_already else " ".join(part for part in (problem.file, problem.element) if part)
    said = f"{problem.zh} / {problem.en}"
    return f"{place}: {said}" if place else said
