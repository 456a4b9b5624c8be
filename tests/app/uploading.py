"""Archives of the small pack, good and bad."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

from processes.pack import read_pack
from tests.app.browsing import Browser, Page
from tests.small import FOLDER

Change = Callable[[dict[str, bytes]], None]
LIMIT = b"<text>10</text>"


def files_of_small(change: Change | None = None) -> dict[str, bytes]:
    files = dict(read_pack(FOLDER).files)
    if change is not None:
        change(files)
    return files


def zipped(files: dict[str, bytes], folder: str = "") -> bytes:
    """An archive with these files, in a folder of it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(folder + name, content)
    return out.getvalue()


def archive_of(name: str, content: bytes = b"x", *, mode: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def upload(browser: Browser, data: bytes, name: str = "pack.zip", **more: Any) -> Page:
    """Send an archive to the check and look at the result."""
    browser.get("/inbox")
    return browser.post("/deploy/check", {"pack": (io.BytesIO(data), name), **more}, follow_redirects=True)
