"""The ledger that a pack asks for: whose columns, in whose words, and what is wrong with it."""

from __future__ import annotations

import pytest

from app.platform import Platform
from processes.ledger import DUE, VARIABLE, Column, Ledger, ledger_of
from processes.pack import BadPack, pack_of, read_pack
from tests.small import FOLDER


def kept(section: str) -> Ledger | None:
    files = dict(read_pack(FOLDER).files)
    files["pack.toml"] += b"\n" + section.encode()
    return ledger_of(Platform.compile(pack_of(files, "small")))


def test_a_column_has_the_words_of_its_question() -> None:
    found = kept(
        '[ledger]\nprocess = "main"\ntitle = "延期台账"\nclosed = "已登记"\n[ledger.columns]\n'
        'why = "理由"\n"asked.by" = "何人"\n'
        'handle_overdue = "审核期限"\nunit = { label = "单位", question = "lead_unit" }\n'
    )
    assert found is not None
    assert (found.title, found.closed) == ("延期台账", "已登记")
    assert found.columns == (
        Column("why", "理由", VARIABLE, "why"),
        Column("asked.by", "何人", VARIABLE, "by"),
        Column("handle_overdue", "审核期限", DUE, "handle_overdue"),
        Column("unit", "单位", VARIABLE, "lead_unit"),
    )


def test_a_ledger_without_a_word_for_its_end_says_none() -> None:
    found = kept('[ledger]\nprocess = "extension"\n')
    assert found is not None
    assert found.closed is None
    assert found.columns == ()


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ('[ledger]\nprocess = "nowhere"', "ledger.process"),
        ('[ledger]\nprocess = "extension"\nclosed = 3', "ledger.closed"),
        ('[ledger]\nprocess = "extension"\ncolumns = { a = 1 }', "ledger.columns"),
        ('[ledger]\nprocess = "extension"\ncolumns = { a = { label = "甲" } }', "ledger.columns"),
        ('[ledger]\nprocess = "extension"\ncolumns = { a = { label = "甲", question = 1 } }', "ledger.columns"),
    ],
)
def test_what_is_wrong_is_named(section: str, key: str) -> None:
    with pytest.raises(BadPack) as bad:
        kept(section)
    assert key in bad.value.zh
