"""What goes wrong in a move of an instance. The diagram or what it asked failed; the run must be thrown away."""

from __future__ import annotations


class EngineError(Exception):
    """A move that failed at an element. `zh`/`en` say why; nothing of the run may be saved."""

    def __init__(self, element: str, zh: str, en: str) -> None:
        self.element, self.zh, self.en = element, zh, en
        super().__init__(f"{element}: {en}")


class Runaway(EngineError):
    """More steps than any honest diagram takes."""
