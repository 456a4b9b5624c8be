"""Archives that are damaged or made to overwhelm whoever unpacks them: each is refused, and its file named."""

import io
import zipfile

import pytest

from app.pack_archive import BadArchive, unpacked
from processes.pack import read_pack
from tests.app.uploading import archive_of, zipped


def damaged() -> bytes:
    """The compressed bytes of `pack.toml` overwritten."""
    data = bytearray(archive_of("pack.toml", bytes(range(256)) * 20))
    start = data.find(b"pack.toml") + len("pack.toml")
    data[start + 5 : start + 25] = b"\xff" * 20
    return bytes(data)


def other_method() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("pack.toml", "x" * 5000)
    return out.getvalue()


TOML = b'name = "small"\nx = '
NAMED = {
    "file and folder": (zipped({"pack.toml": b"", "x.md": b"", "x.md/y.md": b""}), "x.md：既是文件又是目录"),
    "long name": (zipped({"pack.toml": b"", "字" * 150 + ".md": b""}), "文件名过长"),
    "damaged": (damaged(), "pack.toml：压缩数据已损坏"),
    "other method": (other_method(), "pack.toml：不支持这种压缩方法"),
    "deep": (archive_of("pack.toml", TOML + b"[" * 20_000 + b"]" * 20_000), "pack.toml：嵌套过深"),
    "long number": (archive_of("pack.toml", TOML + b"9" * 40_000), "pack.toml：数字过长"),
}


@pytest.mark.parametrize(("data", "said"), NAMED.values(), ids=NAMED.keys())
def test_a_hostile_archive_is_refused_with_the_file(data: bytes, said: str) -> None:
    with pytest.raises(BadArchive) as refused, unpacked(data):
        pass
    assert said in refused.value.zh


def test_an_include_that_names_the_place_itself() -> None:
    files = {"pack.toml": b'name = "small"\nincludes = ["archive", "a", "a/b"]', "archive/x.md": b"", "a/b/x.md": b""}
    with unpacked(zipped(files)) as folder:
        assert {"archive/x.md", "a/b/x.md"} <= read_pack(folder).files.keys()
