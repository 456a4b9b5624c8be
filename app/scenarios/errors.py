"""What stops a scenario: a file that says something impossible, a step that went otherwise than told."""

from __future__ import annotations


class BadScenario(Exception):
    """The file is wrong: unknown key, time without offset, task that the pack does not have. Bad input."""

    def __init__(self, where: str, zh: str, en: str) -> None:
        self.where, self.zh, self.en = where, zh, en
        super().__init__(f"{where} {zh} / {en}")


class Unsupported(BadScenario):
    """The format knows it, this version of the platform does not: the scenario fails and says so."""

    def __init__(self, where: str, key: str) -> None:
        super().__init__(where, f"本版本不支持“{key}”", f"{key!r} is not supported by this version")


class Difference(Exception):
    """A step went otherwise than the scenario tells; what follows it would prove nothing."""

    def __init__(self, where: str, zh: str, en: str) -> None:
        super().__init__(f"{where} {zh} / {en}")
