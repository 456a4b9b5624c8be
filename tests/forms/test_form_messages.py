"""Every sentence exists in both languages, takes the same parameters, and is said somewhere."""

import re
from pathlib import Path
from string import Formatter

import pytest

from decisions import compile_expression
from forms import FormError, compile_form, read_form
from forms.messages import ANSWERS, FAULTS
from forms.moments import SUBTYPES

ROOT = Path(__file__).resolve().parents[2]
SAYING = [path for path in (ROOT / "forms").glob("*.py") if path.name != "messages.py"]
SOURCE = "\n".join(path.read_text("utf-8") for path in (*SAYING, ROOT / "app/web/attachments.py"))


def parameters(sentence: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("code", [*ANSWERS, *FAULTS])
def test_both_languages_say_the_same(code: str) -> None:
    zh, en = {**ANSWERS, **FAULTS}[code]
    assert parameters(zh) - {"zh"} == parameters(en) - {"en"}
    assert re.search("[\u4e00-\u9fff]", zh)
    assert not re.search("[\u4e00-\u9fff]", en)


def test_every_code_in_use_has_its_sentence_and_no_sentence_is_idle() -> None:
    said = set(re.findall(r'(?:Message|FormError|fault)\(\s*"(\w+)"', SOURCE))
    known = {*ANSWERS, *FAULTS}
    assert said <= known
    formed = {f"not_{subtype}" for subtype in SUBTYPES}
    assert {code for code in known - said - formed if f'"{code}"' not in SOURCE} == set()


def test_a_wrong_expression_is_explained_in_each_language_alone() -> None:
    component = {"type": "textfield", "key": "a", "label": "甲", "conditional": {"hide": "=1 +"}}
    with pytest.raises(FormError) as error:
        compile_form(
            read_form({"id": "f", "components": [component]}, where="f.form"),
            compile_expression=compile_expression,
        )
    assert error.value.zh.startswith("f.form: a：“conditional.hide”的 FEEL 表达式有误：")
    assert error.value.en.startswith("f.form: a: the FEEL expression of “conditional.hide” is wrong: ")
    assert not re.search("[\u4e00-\u9fff]", error.value.en)
