"""Reading the XML of a DMN file without trusting it.

No DTD, no entities, no network; size, depth and number of elements are bounded.  All DMN versions from 1.1 to 1.5
share the element names used here, so elements are known by local name once the namespace of the root is accepted.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from .errors import DmnError

MAX_BYTES = 5_000_000
MAX_ELEMENTS = 60_000
MAX_DEPTH = 60
_NAMESPACES = (
    "http://www.omg.org/spec/DMN/20151101/",  # 1.1
    "http://www.omg.org/spec/DMN/20180521/MODEL/",  # 1.2
    "https://www.omg.org/spec/DMN/20191111/MODEL/",  # 1.3
    "https://www.omg.org/spec/DMN/20211108/MODEL/",  # 1.4
    "https://www.omg.org/spec/DMN/20230324/MODEL/",  # 1.5
)
_SKIPPED = ("DMNDI", "extensionElements")

Element = etree._Element


def read_root(data: bytes, where: str) -> Element:
    """The `definitions` element; raises DmnError for anything that is no harmless DMN file."""
    if len(data) > MAX_BYTES:
        raise DmnError(
            f"文件过大：{len(data)} 字节，上限 {MAX_BYTES}",
            f"the file has {len(data)} bytes, the limit is {MAX_BYTES}",
            where=where,
        )
    parser = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    depth = count = 0
    try:
        for start in range(0, len(data), 65_536):
            parser.feed(data[start : start + 65_536])
            for event, _ in parser.read_events():
                depth += 1 if event == "start" else -1
                count += event == "start"
                if depth > MAX_DEPTH or count > MAX_ELEMENTS:
                    raise DmnError(
                        "文件的层次过深或元素过多",
                        "the file is nested too deeply or has too many elements",
                        where=where,
                    )
        root = parser.close()
    except etree.XMLSyntaxError as error:
        raise DmnError(f"不是有效的 XML：{error}", f"not well-formed XML: {error}", where=where) from None
    if root.getroottree().docinfo.internalDTD is not None or b"<!DOCTYPE" in data[:4096]:
        raise DmnError("不接受 DOCTYPE 声明", "a DOCTYPE is not accepted", where=where)
    name = etree.QName(root)
    if name.localname != "definitions" or not (name.namespace or "").startswith(_NAMESPACES):
        raise DmnError("不是 DMN 1.1–1.5 文件", "no DMN 1.1 to 1.5 file", where=where)
    return root


def local(element: Element) -> str:
    """The name of an element without its namespace; empty for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element | None, name: str = "") -> Iterator[Element]:
    """The child elements of a name, or all but diagrams and extensions."""
    if element is not None:
        for child in element:
            found = local(child)
            if found and (found == name if name else found not in _SKIPPED):
                yield child


def child(element: Element | None, name: str) -> Element | None:
    """The first child of a name."""
    return next(children(element, name), None)


def text_of(element: Element | None) -> str:
    """The content of the `text` child, or of the element itself when it has none."""
    if element is None:
        return ""
    inner = child(element, "text")
    return (inner if inner is not None else element).text or ""


def name_of(element: Element | None) -> str:
    """The `name` attribute with its white space made single."""
    return " ".join((element.get("name") or "").split()) if element is not None else ""
