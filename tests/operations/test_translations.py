"""The English catalogue: compiled for every user at set-up; without it pages are Chinese, and none fails."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from app.factory import create_app
from app.settings import Settings
from app.translations.compiling import TRANSLATIONS, compile_catalogues
from app.web import language
from tests.small import SECRET, Small


def test_everybody_may_read_what_was_compiled(tmp_path: Path) -> None:
    shutil.copytree(TRANSLATIONS / "en", tmp_path / "en")
    compiled = tmp_path / "en" / "LC_MESSAGES" / "messages.mo"
    compiled.unlink(missing_ok=True)
    compile_catalogues(tmp_path)
    assert oct(compiled.stat().st_mode)[-3:] == "644"
    made = compiled.stat().st_mtime_ns
    compile_catalogues(tmp_path)
    assert compiled.stat().st_mtime_ns == made


@pytest.mark.parametrize("writable", [True, False])
def test_who_may_not_write_shows_chinese_pages(
    writable: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    if not writable:
        monkeypatch.setattr(language, "compile_catalogues", refused)
    small = Small()
    with caplog.at_level(logging.ERROR):
        client = create_app(Settings("sqlite://", SECRET, SECRET), small.platform).test_client()
    client.set_cookie("language", "en")
    page = client.get("/sign-in")
    assert page.status_code == 200
    assert ('lang="en"' in page.text.split(">")[1]) is writable
    assert ("no English pages" in caplog.text) is not writable
    small.close()
