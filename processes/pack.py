"""A pack: one city's regulation as a folder of drawings, tables and forms.

`read_pack` takes the folder with what its `pack.toml` includes (`includes = ["common/archive"]`, folders beside it) and
gives a flat set of files, which is what a deployment freezes. Paths are relative, `/`-separated; included files keep
their folder's name in front. The digest over all files is the address of the content.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processes.errors import BadPack

SUFFIXES = {".toml", ".bpmn", ".dmn", ".form", ".yaml", ".yml", ".md", ".txt"}
MAX_FILE = 5_000_000
MAX_FILES = 500
_INCLUDE = re.compile(r"[a-z][a-z0-9_-]*(/[a-z][a-z0-9_-]*)?")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a pack. `level`: error or warning; `element` may name a row or field."""

    level: str
    code: str
    file: str
    element: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.file}{' ' + self.element if self.element else ''}: {self.zh}"


@dataclass(frozen=True)
class Pack:
    """`name` is its id, and by default that of the office it serves; `settings` is `pack.toml`, `units` the tables of
    `units.toml`."""

    name: str
    files: Mapping[str, bytes]
    settings: Mapping[str, Any]
    units: Mapping[str, Mapping[str, Any]]

    @property
    def digest(self) -> str:
        """SHA-256 over the sorted paths and the hashes of their contents."""
        lines = [f"{hashlib.sha256(data).hexdigest()}  {path}" for path, data in sorted(self.files.items())]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def of_type(self, suffix: str) -> dict[str, bytes]:
        return {path: data for path, data in sorted(self.files.items()) if path.endswith(suffix)}


def is_include(written: object) -> bool:
    """Whether a pack may name this folder: `common`, `common/archive`; no path that leads elsewhere."""
    return isinstance(written, str) and _INCLUDE.fullmatch(written) is not None


def read_pack(folder: Path) -> Pack:
    """The pack in a folder. Raises `BadPack` naming the file: missing, too large, not UTF-8, not TOML."""
    if not (folder / "pack.toml").is_file():
        raise _bad(str(folder / "pack.toml"), "缺少 pack.toml，这不是规程包目录。", "no pack.toml: not a pack folder")
    files = _read_folder(folder, "")
    settings = _toml(files, "pack.toml")
    includes = settings.get("includes", [])
    if not isinstance(includes, list):
        raise _bad("pack.toml", "includes 应为目录名的列表。", "includes should be a list of folder names")
    for include in includes:
        other = folder.parent / str(include)
        if not is_include(include) or not other.is_dir():
            raise _bad("pack.toml", f"引用的目录“{include}”不存在。", f"included folder {include!r} does not exist")
        files |= {
            path: data for path, data in _read_folder(other, f"{include}/").items() if not path.startswith("scenarios")
        }
    return pack_of(files, name=str(settings.get("name") or folder.name))


def pack_of(files: Mapping[str, bytes], name: str | None = None) -> Pack:
    """The pack of a flat set of files (a deployment, an upload). Raises `BadPack`."""
    settings = _toml(files, "pack.toml")
    units = _toml(files, "units.toml") if "units.toml" in files else {}
    nested = units.get("units", units)
    return Pack(name or str(settings.get("name") or "pack"), dict(files), settings, nested)


def _read_folder(folder: Path, prefix: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if not path.is_file() or path.suffix not in SUFFIXES or any(part.startswith(".") for part in relative.parts):
            continue
        name = prefix + relative.as_posix()
        if path.stat().st_size > MAX_FILE:
            raise _bad(name, "文件超过 5 MB。", "larger than 5 MB")
        files[name] = path.read_bytes()
        if len(files) > MAX_FILES:
            raise _bad(name, f"规程包超过 {MAX_FILES} 个文件。", f"more than {MAX_FILES} files")
    return files


def _toml(files: Mapping[str, bytes], path: str) -> dict[str, Any]:
    if path not in files:
        raise _bad(path, "文件缺失。", "missing")
    try:
        return tomllib.loads(files[path].decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _bad(path, "不是 UTF-8 编码。", "not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise _bad(path, f"TOML 语法错误：{error}", f"TOML syntax: {error}") from error


def _bad(file: str, zh: str, en: str) -> BadPack:
    return BadPack([Problem("error", "file", file, "", zh, en)])
