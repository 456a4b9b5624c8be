"""A pack that comes as a zip archive: unpacked within bounds, into a folder that is gone afterwards.

What an archive says of itself is not believed: names are checked one by one, sizes are counted while reading, links and
encrypted entries are refused, archives inside are never opened. Files that no pack has are left out.
"""

from __future__ import annotations

import io
import re
import shutil
import stat
import struct
import tomllib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from app.packs_at_hand import PACKS
from processes.errors import Refusal
from processes.pack import MAX_FILE, MAX_FILES, SUFFIXES, Pack, is_include

MAX_ARCHIVE = 20 * 1024 * 1024
MAX_UNPACKED = 60 * 1024 * 1024
MAX_NAME = 255
"""Bytes of one part of a path: what file systems take."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DRIVE = re.compile(r"[A-Za-z]:")
_ROOT = "0"
"""The folder that an archive is unpacked into: a name that no pack can include."""


_DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error,
            struct.error)  # fmt: skip
"""What `zipfile` raises for an archive that is damaged."""


class BadArchive(Refusal):
    """No archive of a pack, or one that we do not unpack."""

    status, code = 422, "BAD_ARCHIVE"
    zh, en = "这不是规程包的 zip 文件。", "This is no zip archive of a pack."


@contextmanager
def unpacked(data: bytes) -> Iterator[Path]:
    """The folder of the pack in an archive; `pack.toml` lies at the top of the archive or in one folder of it.

    Folders that the pack includes may lie beside it or inside it; those that are missing come from the product.
    Raises `BadArchive`.
    """
    files = read_archive(data)
    for name, content in files.items():
        if name.endswith(".toml"):
            _check_toml(name, content)
    with TemporaryDirectory(prefix="jieban-pack-") as place:
        for name, content in files.items():
            target = Path(place, _ROOT, *PurePosixPath(name).parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        folder = Path(place, _ROOT, *PurePosixPath(_top(files)).parts)
        _complete(folder)
        yield folder


def read_archive(data: bytes) -> dict[str, bytes]:
    """Path → content of the files that a pack can hold. Raises `BadArchive`."""
    if len(data) > MAX_ARCHIVE:
        raise BadArchive("压缩文件超过 20 MB。", "The archive is larger than 20 MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive)
    except _DAMAGED as error:
        raise BadArchive() from error


def write_archive(pack: Pack) -> bytes:
    """The files of a pack as a zip archive, the same bytes for the same pack."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(pack.files.items()):
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _read(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_FILES:
        raise BadArchive(f"压缩文件里超过 {MAX_FILES} 个文件。", f"The archive holds more than {MAX_FILES} files.")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise BadArchive("解压后超过 60 MB。", "More than 60 MB when unpacked.")
    for entry in entries:
        _check_entry(entry)
    files: dict[str, bytes] = {}
    left = MAX_UNPACKED
    for entry in entries:
        name = PurePosixPath(entry.filename)
        if name.suffix not in SUFFIXES or any(part.startswith((".", "__MACOSX")) for part in name.parts):
            continue
        if str(name) in files:
            raise BadArchive(f"压缩文件里有两个“{name}”。", f"The archive holds {str(name)!r} twice.")
        content = _content(archive, entry, min(MAX_FILE, left) + 1)
        if len(content) > MAX_FILE or len(content) > left:
            raise BadArchive(f"{name}：文件超过 5 MB。", f"{name}: larger than 5 MB.")
        left -= len(content)
        files[str(name)] = content
    for path in files:
        if above := next((str(one) for one in PurePosixPath(path).parents if str(one) in files), None):
            raise BadArchive(f"{above}：既是文件又是目录。", f"{above}: both a file and a folder.")
    return files


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """At most so many bytes of a file. Raises `BadArchive` naming it."""
    try:
        with archive.open(entry) as opened:
            return opened.read(most)
    except _DAMAGED as error:
        name = entry.filename
        raise BadArchive(f"{name}：压缩数据已损坏。", f"{name}: its compressed data is damaged.") from error


def _check_toml(name: str, content: bytes) -> None:
    """Refuse what overwhelms the reader of TOML; it says itself what is only wrong. Raises `BadArchive`."""
    try:
        tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return  # reading the pack will say so, with the line
    except RecursionError as error:
        raise BadArchive(f"{name}：嵌套过深。", f"{name}: nested too deeply.") from error
    except ValueError as error:
        raise BadArchive(f"{name}：数字过长或超出范围。", f"{name}: a number is too long or out of range.") from error


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = name.split("/")
    plain = name.isprintable() and "\\" not in name and not _DRIVE.match(name) and len(name) <= 200
    if not plain or name.startswith("/") or ".." in parts or "" in parts:
        shown = ascii(name[:80])
        raise BadArchive(
            f"压缩文件里有不允许的路径 {shown}。", f"The archive holds a path that is not allowed: {shown}."
        )
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise BadArchive(f"{name}：不接受链接等特殊文件。", f"{name}: links and special files are not taken.")
    if any(len(part.encode()) > MAX_NAME for part in parts):
        shown = f"{name[:40]}…"
        raise BadArchive(f"{shown}：文件名过长。", f"{shown}: the name is too long.")
    if entry.compress_type not in _METHODS:
        zh = f"{name}：不支持这种压缩方法，请用普通的 zip（deflate）压缩。"
        raise BadArchive(zh, f"{name}: compressed by a method that is not supported; use plain zip (deflate).")
    if entry.flag_bits & 0x1:
        raise BadArchive(f"{name}：文件已加密。", f"{name}: encrypted.")


def _top(files: Mapping[str, bytes]) -> str:
    """The folder of the one `pack.toml`; empty for the top of the archive."""
    found = [str(PurePosixPath(name).parent) for name in files if PurePosixPath(name).name == "pack.toml"]
    if "." in found:
        return ""
    folders = [folder for folder in found if "/" not in folder]
    if len(folders) != 1:
        zh = "压缩文件里应有一个规程包：pack.toml 在最上层，或在唯一的一个目录里。"
        raise BadArchive(zh, "The archive should hold one pack: pack.toml at its top, or in one folder.")
    return folders[0]


def _complete(folder: Path) -> None:
    """Put the folders that the pack includes beside it, where `read_pack` looks for them."""
    try:
        includes = tomllib.loads((folder / "pack.toml").read_text("utf-8")).get("includes", [])
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return  # reading the pack will say so, with the line
    for include in includes if isinstance(includes, list) else ():
        if not is_include(include):
            continue
        inside, beside = folder / include, folder.parent / include
        if inside.is_dir() and not beside.exists():
            beside.parent.mkdir(exist_ok=True)
            shutil.move(inside, beside)
        elif not beside.exists() and (PACKS / include).is_dir():
            shutil.copytree(PACKS / include, beside)
