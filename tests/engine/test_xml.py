"""Files that a stranger may send: each is read whole or refused in well under a second."""

from __future__ import annotations

import time

import pytest

from processes.engine.xml import MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_TEXT, XmlRefused, read_xml

HOSTILE = {
    "entity bomb": b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>',
    "external entity": b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l>&x;</l>',
    "external DTD": b'<?xml version="1.0"?>\n<!-- hi -->\n<!DOCTYPE l SYSTEM "http://127.0.0.1/l.dtd"><l/>',
    "lower-case doctype": b"<!doctype html><l/>",
    "undeclared entity": b"<l>&x;</l>",
    "50 MB": b"<l>" + b"x" * 50_000_000 + b"</l>",
    "10,000 deep": b"<l>" * 10_000 + b"</l>" * 10_000,
    "just too deep": b"<l>" * (MAX_DEPTH + 1) + b"</l>" * (MAX_DEPTH + 1),
    "a million nodes": b"<l>" + b"<n/>" * 1_000_000 + b"</l>",
    "just too many nodes": b"<l>" + b"<n/>" * MAX_NODES + b"</l>",
    "600,000 comments before the root": b"<!-- -->" * 600_000 + b"<l/>",
    "one endless attribute": b'<l a="' + b"x" * (MAX_TEXT + 1) + b'"/>',
    "400,000 attributes": b"<l " + b" ".join(b'a%d=""' % n for n in range(400_000)) + b"/>",
    "one endless text": b"<l>" + b"x" * (MAX_TEXT + 1) + b"</l>",
    "UTF-16": '<?xml version="1.0" encoding="utf-16"?><l/>'.encode("utf-16"),
    "UTF-16 without a mark": "<l>工单</l>".encode("utf-16-le"),
    "declared GBK": '<?xml version="1.0" encoding="gbk"?><l>工单</l>'.encode("gbk"),
    "undeclared GBK": "<l>\n工单</l>".encode("gbk"),
    "NUL byte": b"<l>\0</l>",
    "truncated": b"<l>\n<m>",
    "two roots": b"<l/><l/>",
    "not XML": b"hello",
    "a zip": b"PK\x03\x04" + bytes(range(256)),
    "JSON": b'{"a": 1}',
    "empty": b"",
    "only white space": b" \n ",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_file_is_refused_in_under_a_second_naming_the_file(data: bytes) -> None:
    began = time.process_time()
    with pytest.raises(XmlRefused) as refused:
        read_xml(data, where="main.bpmn")
    assert time.process_time() - began < 1
    assert refused.value.where == "main.bpmn"
    assert refused.value.zh.startswith("main.bpmn")
    assert refused.value.en.startswith("main.bpmn")


@pytest.mark.parametrize(
    ("name", "line"), [("external DTD", 3), ("undeclared GBK", 2), ("truncated", 2), ("NUL byte", 1)]
)
def test_refusal_names_the_line(name: str, line: int) -> None:
    with pytest.raises(XmlRefused) as refused:
        read_xml(HOSTILE[name], where="main.bpmn")
    assert refused.value.line == line
    assert f"第 {line} 行" in refused.value.zh
    assert f"line {line}" in refused.value.en


@pytest.mark.parametrize(
    "data",
    [
        '<?xml version="1.0" encoding="UTF-8"?>\n<l>工单</l>'.encode(),
        b"\xef\xbb\xbf" + "<l>工单</l>".encode(),
        "<?xml version='1.0' encoding='utf-8' standalone='yes'?><l>工单</l>".encode(),
        "<!-- <!DOCTYPE l> --><?note <!DOCTYPE l>?><l>工<![CDATA[单]]></l>".encode(),
    ],
)
def test_plain_utf8_is_read(data: bytes) -> None:
    assert read_xml(data, where="main.bpmn").text == "工单"


def test_file_at_the_bounds_is_read() -> None:
    depth = MAX_DEPTH - 1
    deep = b"<m>" * depth + b"</m>" * depth
    many = b"<n/>" * (MAX_NODES - MAX_DEPTH - 1)
    data = b"<l>" + b"x" * (MAX_TEXT - 2) + many + deep + b"</l>"
    assert len(data) < MAX_BYTES
    assert read_xml(data, where="main.bpmn").tag == "l"
