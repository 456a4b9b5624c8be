"""Reading XML that a stranger may have written.

Diagrams come from modelers, from mail attachments and from uploads. A file can be far too large, nested
without end, or carry a DOCTYPE whose entities read our disk or grow into gigabytes. `read_xml` looks at the
bytes first (size, encoding, DOCTYPE, over-long or far too many tags: all at C speed) and only then parses,
counting depth and nodes while the parser reads, so that a hostile file is refused in well under a second.
Entities, DTDs and the network are off in any case.
"""

from __future__ import annotations

import re
from io import BytesIO

from lxml import etree

MAX_BYTES = 5_000_000
MAX_DEPTH = 200
MAX_NODES = 20_000
MAX_TEXT = 100_000
"""Bytes of one tag with its attributes, or of one text."""

_PROLOG = re.compile(rb"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_DECLARED = re.compile(rb"<\?xml[^>]*?\bencoding\s*=\s*[\"']([^\"']*)[\"']")
_UTF8_BOM = b"\xef\xbb\xbf"
_POSITION = re.compile(r" ?,? line \d+, column \d+$")
_ACCEPTED = ("utf-8", "utf8", "us-ascii", "ascii")
_OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff")


class XmlRefused(ValueError):
    """The file is not XML that we are willing to read.

    `where` is the file, `line` counts from 1 (0: the file as a whole); `zh` and `en` say what is wrong.
    """

    def __init__(self, where: str, line: int, zh: str, en: str) -> None:
        self.where = where
        self.line = line
        self.zh = f"{where} 第 {line} 行：{zh}" if line else f"{where}：{zh}"
        self.en = f"{where}, line {line}: {en}" if line else f"{where}: {en}"
        super().__init__(f"{self.zh} {self.en}")


def read_xml(data: bytes, *, where: str) -> etree._Element:
    """The root element of an XML file in UTF-8.

    `where` names the file in messages. Comments and processing instructions stay in the tree (their `tag`
    is not a string). Raises `XmlRefused` for anything else than well-formed UTF-8 XML without DOCTYPE that
    keeps the bounds above.
    """
    _refuse_size(data, where)
    data = _refuse_encoding(data, where)
    _refuse_doctype(data, where)
    _refuse_long_pieces(data, where)
    return _parse(data, where)


def _refuse_size(data: bytes, where: str) -> None:
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 1_000_000
        raise XmlRefused(where, 0, f"文件超过 {limit} MB，请拆分后再提交。", f"larger than {limit} MB; split the file.")
    if not data.strip():
        raise XmlRefused(where, 0, "文件是空的。", "the file is empty.")


def _refuse_encoding(data: bytes, where: str) -> bytes:
    """The data without its byte order mark."""
    data = data.removeprefix(_UTF8_BOM)
    declared = _DECLARED.match(data[:200])
    name = declared[1].decode("ascii", "replace") if declared else "utf-8"
    if data.startswith(_OTHER_BOMS) or name.lower() not in _ACCEPTED:
        raise XmlRefused(where, 1, "编码不是 UTF-8，请另存为 UTF-8。", "not in UTF-8; save it as UTF-8.")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise XmlRefused(
            where,
            _line(data, error.start),
            "含有不是 UTF-8 的字节，请另存为 UTF-8。",
            "holds bytes that are not UTF-8; save it as UTF-8.",
        ) from None
    return data


def _refuse_doctype(data: bytes, where: str) -> None:
    # A DOCTYPE can only stand before the first element; the same text inside a comment or CDATA is harmless.
    end = _PROLOG.match(data).end()  # type: ignore[union-attr]  # matches the empty string at least
    if data[end : end + 9].upper() == b"<!DOCTYPE":
        raise XmlRefused(
            where,
            _line(data, end),
            "不接受 DOCTYPE 声明和实体，请删除该声明。",
            "a DOCTYPE and its entities are not accepted; remove it.",
        )


def _refuse_long_pieces(data: bytes, where: str) -> None:
    # No tag can hold another "<", so a tag and its attributes, or a text, is never longer than such a piece.
    # An element has two of them at most; twice as many leave room for CDATA.
    pieces = data.split(b"<")
    if len(pieces) > 4 * MAX_NODES:
        raise _too_many(where, 0)
    start = 0
    for piece in pieces:
        if len(piece) > MAX_TEXT:
            raise XmlRefused(
                where,
                _line(data, start),
                f"有一处标签或文字超过 {MAX_TEXT} 字节。",
                f"a tag or text is longer than {MAX_TEXT} bytes.",
            )
        start += len(piece) + 1


def _parse(data: bytes, where: str) -> etree._Element:
    reader = etree.iterparse(
        BytesIO(data),
        events=("start", "end", "comment", "pi"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    depth = nodes = 0
    try:
        for event, node in reader:
            if event == "end":
                depth -= 1
                continue
            nodes += 1
            depth += event == "start"
            if depth > MAX_DEPTH:
                raise XmlRefused(
                    where,
                    node.sourceline or 0,
                    f"元素嵌套超过 {MAX_DEPTH} 层。",
                    f"elements are nested more than {MAX_DEPTH} deep.",
                )
            if nodes > MAX_NODES:
                raise _too_many(where, node.sourceline or 0)
    except etree.XMLSyntaxError as error:
        why = _POSITION.sub("", " ".join(str(error.msg).split()))
        raise XmlRefused(
            where, error.lineno or 0, f"不是完整的 XML（{why}）。", f"not well-formed XML ({why})."
        ) from None
    root: etree._Element = reader.root
    return root


def _too_many(where: str, line: int) -> XmlRefused:
    return XmlRefused(
        where, line, f"节点超过 {MAX_NODES} 个，请拆分文件。", f"more than {MAX_NODES} nodes; split the file."
    )


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1
