"""What a filled-in form gives: values, messages, and nothing that was not asked for."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from decisions import compile_expression
from forms import Checked, CompiledForm, compile_form, read_form

NOW = datetime.fromisoformat("2026-09-29T10:00:00+08:00")
UNITS = [("housing", "住建局"), ("fund", "公积金中心"), ("water", "水务集团")]
CHOICES = {"unit": UNITS, "grounds": [("D01-1", "不属于受理范围"), ("D01-2", "已进入诉讼程序")]}


def compiled(*components: dict[str, Any]) -> CompiledForm:
    data = {"type": "default", "id": "f", "components": list(components)}
    return compile_form(read_form(data, where="f.form"), compile_expression=compile_expression)


def field(kind: str, key: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "label": more.pop("label", key), **more}


def select(key: str, *values: str, **more: Any) -> dict[str, Any]:
    return field("select", key, values=[{"label": value, "value": value} for value in values], **more)


REQUIRED = {"required": True}

DISPATCH = compiled(
    field("select", "lead_unit", label="主办单位", validate=REQUIRED, properties={"kind": "unit"}),
    field("taglist", "co_units", properties={"kind": "unit", "not_in": "lead_unit"}),
    field("textfield", "basis", validate={"required": True, "minLength": 2, "maxLength": 20}),
    select("urgency", "ordinary", "urgent", defaultValue="ordinary"),
    field("textarea", "urgency_reason", conditional={"hide": '=urgency = "ordinary"'}, validate=REQUIRED),
    field("checkbox", "designated"),
    field("datetime", "due_at", readonly=True, properties={"kind": "due"}),
)


def check(form: CompiledForm, values: Mapping[str, Any], **scope: Any) -> Checked:
    return form.check(values, scope={"now": NOW, **scope}, choices=CHOICES)


def codes(checked: Checked) -> dict[str, list[str]]:
    return {key: [message.code for message in messages] for key, messages in checked.errors.items()}


def test_values_are_those_of_the_form_and_nothing_else() -> None:
    checked = check(
        DISPATCH,
        {
            "lead_unit": "housing",
            "co_units": ["fund"],
            "basis": " 权责清单 ",
            "role": "admin",
            "status": "closed",
            "due_at": "2030-01-01T00:00",
            "__class__": "x",
            "urgency_reason": "藏着的",
        },
    )
    assert checked.ok
    assert checked.values == {
        "lead_unit": "housing",
        "co_units": ["fund"],
        "basis": "权责清单",
        "urgency": "ordinary",
        "designated": False,
    }


def test_injected_fields_of_a_post_are_ignored_too() -> None:
    posted = MultiDict(
        [
            ("lead_unit", "housing"),
            ("basis", "清单"),
            ("urgency", "ordinary"),
            ("role", "admin"),
            ("due_at", "2030-01-01T00:00"),
            ("urgency_reason", "藏着的"),
            ("designated", "true"),
        ]
    )
    bound = DISPATCH.bind(posted, scope={"due_at": "2026-10-10T17:30:00+08:00"}, choices=CHOICES)
    assert bound.validate()
    assert bound.values == {
        "lead_unit": "housing",
        "co_units": [],
        "basis": "清单",
        "urgency": "ordinary",
        "designated": True,
    }
    assert bound["due_at"].typed == ["2026-10-10T17:30"]


def test_a_field_is_required_only_while_it_is_shown() -> None:
    answers = {"lead_unit": "housing", "basis": "清单"}
    assert check(DISPATCH, answers).ok
    assert codes(check(DISPATCH, {**answers, "urgency": "urgent"})) == {"urgency_reason": ["required"]}
    assert (
        check(DISPATCH, {**answers, "urgency": "urgent", "urgency_reason": "停水"}).values["urgency_reason"] == "停水"
    )


def test_what_was_typed_is_shown_again_as_it_was_typed() -> None:
    posted = MultiDict(
        [
            ("lead_unit", "gone_unit"),
            ("co_units", "fund"),
            ("co_units", "gone_too"),
            ("basis", " 一 "),
            ("urgency", "urgent"),
            ("urgency_reason", "第一行\r\n第二行"),
        ]
    )
    bound = DISPATCH.bind(posted, scope={}, choices=CHOICES)
    assert not bound.validate()
    assert bound["lead_unit"].typed == ["gone_unit"]
    assert bound["co_units"].typed == ["fund", "gone_too"]
    assert bound["basis"].typed == [" 一 "]
    assert bound["urgency_reason"].typed == ["第一行\r\n第二行"]
    assert {key: [message.code for message in messages] for key, messages in bound.errors.items()} == {
        "lead_unit": ["unknown_option"],
        "co_units": ["unknown_option"],
        "basis": ["too_short"],
    }


def test_hidden_text_survives_a_redisplay_but_not_into_the_values() -> None:
    posted = MultiDict([("urgency", "ordinary"), ("urgency_reason", "改主意前写的")])
    bound = DISPATCH.bind(posted, scope={}, choices=CHOICES)
    assert not bound.validate()
    assert bound["urgency_reason"].hidden and not bound["urgency_reason"].required
    assert bound["urgency_reason"].typed == ["改主意前写的"]
    assert "urgency_reason" not in bound.values


def test_messages_are_chinese_and_can_be_said_in_english() -> None:
    message = check(DISPATCH, {"lead_unit": "housing", "basis": "甲" * 21}).errors["basis"][0]
    assert message == "最多填写 20 个字，现有 21 个字"
    assert message.in_language("en") == "At most 20 characters; there are 21"
    assert (message.code, message.params) == ("too_long", {"max": 20, "length": 21})


def test_a_choice_is_excluded_where_another_field_has_it() -> None:
    answers = {"lead_unit": "housing", "basis": "清单", "co_units": ["fund", "housing"]}
    assert codes(check(DISPATCH, answers)) == {"co_units": ["excluded"]}
    message = check(DISPATCH, answers).errors["co_units"][0]
    assert message == "“住建局”已用于“主办单位”，请另选"


def test_an_answer_left_out_gets_its_default_and_a_blank_one_does_not() -> None:
    form = compiled(
        field("textfield", "lead_unit", properties={"kind": "unit", "default": "lead_unit"}),
        field("number", "days", properties={"default": "=planned + 1"}),
        field("checkbox", "wants_reply", defaultValue=True),
        select("mode", "phone", "sms", defaultValue="phone"),
        field("textfield", "contact", properties={"default": "=mode"}),
    )
    scope = {"lead_unit": "fund", "planned": 2}
    assert check(form, {}, **scope).values == {
        "lead_unit": "fund",
        "days": 3,
        "wants_reply": True,
        "mode": "phone",
        "contact": "phone",
    }
    assert check(form, {"lead_unit": "", "wants_reply": False, "mode": "sms"}, **scope).values == {
        "lead_unit": None,
        "days": 3,
        "wants_reply": False,
        "mode": "sms",
        "contact": "sms",
    }
    shown = form.bind(None, scope=scope, choices=CHOICES, values={"days": 9})
    assert (shown["lead_unit"].typed, shown["days"].typed, shown["wants_reply"].data) == (
        ["fund"],
        ["9"],
        True,
    )
    unticked = form.bind(MultiDict(), scope=scope, choices=CHOICES)
    assert unticked.validate()
    assert unticked.values == {
        "lead_unit": None,
        "days": None,
        "wants_reply": False,
        "mode": None,
        "contact": None,
    }


def test_hiding_follows_hiding_whatever_the_order_of_the_drawing() -> None:
    form = compiled(
        field("textfield", "third", conditional={"hide": "=second = null"}),
        field("textfield", "second", conditional={"hide": "=first = null"}),
        field("textfield", "first"),
    )
    assert check(form, {"second": "b", "third": "c"}).values == {"first": None}
    assert set(check(form, {"first": "a", "second": "b", "third": "c"}).values) == {
        "first",
        "second",
        "third",
    }


def stored(**more: Any) -> dict[str, Any]:
    return {"id": "a1", "name": "证明.pdf", "size": 1000, "type": "application/pdf", **more}


def test_a_post_cannot_claim_a_file_that_was_not_stored() -> None:
    form = compiled(field("filepicker", "evidence"))
    posted = MultiDict([("evidence", '{"id": "a1", "name": "x.pdf", "size": 1, "type": ""}')])
    forged = form.bind(posted, scope={}, choices={})
    assert forged.validate() and forged.values == {"evidence": []}
    real = form.bind(posted, scope={}, choices={}, files={"evidence": [stored()]})
    assert real.validate() and real.values == {"evidence": [stored()]}


def test_one_check_leaves_nothing_behind_for_the_next() -> None:
    assert not check(DISPATCH, {"lead_unit": "nowhere", "urgency": "urgent", "urgency_reason": "停水"}).ok
    checked = check(DISPATCH, {"lead_unit": "housing", "basis": "清单"})
    assert checked.errors == {}
    assert checked.values["urgency"] == "ordinary" and "urgency_reason" not in checked.values
    first = check(DISPATCH, {"lead_unit": "housing", "basis": "清单", "co_units": ["fund"]})
    check(DISPATCH, {"lead_unit": "housing", "basis": "清单", "co_units": []})
    assert first.values["co_units"] == ["fund"]


def test_threads_do_not_see_each_others_answers() -> None:
    def ask(number: int) -> bool:
        answers = {"lead_unit": UNITS[number % 3][0], "basis": f"清单 {number}"}
        return all(check(DISPATCH, answers).values["basis"] == f"清单 {number}" for _ in range(50))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(16)))


def test_posts_and_plain_values_are_judged_alike() -> None:
    for answers in (
        {},
        {"lead_unit": "fund", "basis": "一"},
        {"lead_unit": "x", "basis": "清单", "urgency": "none"},
    ):
        posted = DISPATCH.bind(MultiDict({"urgency": "ordinary", **answers}), scope={}, choices=CHOICES)
        posted.validate()
        assert posted.errors == check(DISPATCH, answers).errors
