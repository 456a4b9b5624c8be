"""Compiling the catalogues, a `.mo` beside every `.po`: `python -m app.translations.compiling`, once, at set-up."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

TRANSLATIONS = Path(__file__).resolve().parent


def compile_catalogues(folder: Path) -> None:
    """Write the .mo beside every .po whose .mo is missing, older, or not to be read by this user. Raises `OSError`.

    It is written beside and renamed, so that two processes that start at once never read half a file. Everybody may
    read it: set-up runs as another user than the server.
    """
    for source in folder.glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if os.access(target, os.R_OK) and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name)
        descriptor, name = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(descriptor, "wb") as out:
            write_mo(out, catalogue)
        os.chmod(name, 0o644)
        os.replace(name, target)


if __name__ == "__main__":
    compile_catalogues(TRANSLATIONS)
