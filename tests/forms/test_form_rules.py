"""The rules a form can express, each with an answer that keeps it and one that does not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from decisions import compile_expression
from forms import Checked, ChoiceList, CompiledForm, FormError, compile_form, read_form

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


def check(form: CompiledForm, values: Mapping[str, Any], **scope: Any) -> Checked:
    return form.check(values, scope={"now": NOW, **scope}, choices=CHOICES)


def codes(checked: Checked) -> dict[str, list[str]]:
    return {key: [message.code for message in messages] for key, messages in checked.errors.items()}


def test_a_choice_is_excluded_where_a_fact_has_it() -> None:
    form = compiled(field("select", "reviewer_unit", properties={"kind": "unit", "not_in": "order.lead_unit"}))
    assert codes(check(form, {"reviewer_unit": "fund"}, order={"lead_unit": "fund"})) == {"reviewer_unit": ["excluded"]}
    assert check(form, {"reviewer_unit": "fund"}, order={"lead_unit": "water"}).ok
    assert check(form, {"reviewer_unit": "fund"}).ok


def test_choices_come_by_kind_by_values_key_or_by_field() -> None:
    form = compiled(field("checklist", "ground_code", valuesKey="grounds", validate=REQUIRED))
    assert check(form, {"ground_code": ["D01-2"]}).ok
    assert codes(check(form, {"ground_code": []})) == {"ground_code": ["choose"]}
    assert codes(check(form, {"ground_code": ["D01-9"]})) == {"ground_code": ["unknown_option"]}
    assert not form.check({"ground_code": ["D01-2"]}, scope={}, choices={}).ok
    assert form.check({"ground_code": "x"}, scope={}, choices={"ground_code": ChoiceList([("x", "甲")])}).ok


def test_required_when_is_asked_of_the_form_over_the_facts() -> None:
    form = compiled(
        select("decision", "approve", "refuse", validate=REQUIRED),
        field(
            "select",
            "new_lead",
            properties={"kind": "unit", "required_when": '=decision = "approve" and ground = "not_our_duty"'},
        ),
        field("textarea", "refusal_reason", properties={"required_when": '${decision = "refuse"}'}),
    )
    assert codes(check(form, {"decision": "approve"}, ground="not_our_duty")) == {"new_lead": ["choose"]}
    assert check(form, {"decision": "approve"}, ground="out_of_scope").ok
    assert check(form, {"decision": "approve"}).ok
    assert codes(check(form, {"decision": "refuse"})) == {"refusal_reason": ["required"]}
    # The form's own empty answer covers the fact of the same name.
    assert codes(check(form, {}, decision="refuse")) == {"decision": ["choose"]}


def test_what_happened_cannot_lie_ahead() -> None:
    form = compiled(field("datetime", "received_at", validate=REQUIRED, properties={"kind": "local_datetime"}))
    assert check(form, {"received_at": "2026-09-29T10:00"}).values == {"received_at": "2026-09-29T10:00:00+08:00"}
    assert codes(check(form, {"received_at": "2026-09-29T10:01"})) == {"received_at": ["in_future"]}
    assert codes(check(form, {"received_at": "昨天"})) == {"received_at": ["not_datetime"]}
    with pytest.raises(FormError) as error:
        form.check({"received_at": "2026-09-29T10:00"}, scope={}, choices={})
    assert error.value.code == "no_now"


def test_dates_are_bounded_by_expressions() -> None:
    form = compiled(
        field("datetime", "valid_from", subtype="date"),
        field("datetime", "valid_to", subtype="date", properties={"not_before": "=valid_from"}),
        field("datetime", "meeting", disallowPassedDates=True),
    )
    assert check(form, {"valid_from": "2026-01-02", "valid_to": "2026-01-02", "meeting": NOW}).ok
    assert check(form, {"valid_to": "2026-01-01"}).ok
    assert codes(
        check(form, {"valid_from": "2026-01-02", "valid_to": "2026-01-01", "meeting": "2026-09-29T09:59"})
    ) == {"valid_to": ["too_early"], "meeting": ["too_early"]}


def test_domain_texts_are_normalised() -> None:
    form = compiled(
        field("textfield", "phone", properties={"kind": "phone", "personal": "true"}),
        field("textfield", "id_number", properties={"kind": "id_number"}),
        field("textfield", "code", validate={"pattern": r"^\d{3}$"}),
    )
    checked = check(form, {"phone": "+86 138-0013-8000", "id_number": "11010519491231002x", "code": "１１０"})
    assert checked.values == {"phone": "13800138000", "id_number": "11010519491231002X", "code": "110"}
    assert form.personal_keys == {"phone", "id_number"}
    assert codes(check(form, {"phone": "138\x000013800", "id_number": "1", "code": "11"})) == {
        "phone": ["bad_characters"],
        "id_number": ["id_length"],
        "code": ["pattern"],
    }
    assert codes(
        form.check(
            {"id_number": "11010519491231002X"},
            scope={"now": datetime.fromisoformat("1949-12-30T00:00:00+08:00")},
            choices={},
        )
    ) == {"id_number": ["id_date"]}


def test_numbers_are_bounded() -> None:
    form = compiled(field("number", "days", decimalDigits=0, validate={"min": 1, "max": 10}))
    assert check(form, {"days": "１０"}).values == {"days": 10}
    assert [codes(check(form, {"days": days}))["days"] for days in (0, 11, "1.5", "many")] == [
        ["below_min"],
        ["above_max"],
        ["not_integer"],
        ["not_number"],
    ]


def test_a_required_tick_must_be_set() -> None:
    form = compiled(field("checkbox", "read_rules", validate=REQUIRED))
    assert codes(check(form, {"read_rules": False})) == {"read_rules": ["must_tick"]}
    assert check(form, {"read_rules": True}).ok


def stored(**more: Any) -> dict[str, Any]:
    return {"id": "a1", "name": "证明.pdf", "size": 1000, "type": "application/pdf", **more}


def test_files_are_what_the_form_declares() -> None:
    form = compiled(
        field(
            "filepicker",
            "evidence",
            accept=".pdf,image/*",
            multiple=True,
            validate=REQUIRED,
            properties={"max_megabytes": "1", "max_files": "2"},
        )
    )
    checked = check(form, {"evidence": [stored(path="/etc", name="..\\..\\证明.PDF")]})
    assert checked.values == {"evidence": [stored(name="证明.PDF")]}
    assert check(form, {"evidence": stored(name="a.jpg", type="image/jpeg")}).ok
    for wrong, code in [
        ([], "attach"),
        ([stored()] * 3, "too_many"),
        ([stored(size=2**20 + 1)], "file_too_large"),
        ([stored(name="a.exe", type="")], "file_type"),
        ([stored(size=0)], "file_empty"),
        ([stored(id="../a")], "bad_file"),
        ([stored(name="..")], "bad_file"),
        (["a.pdf"], "bad_file"),
        ([stored(size="1")], "bad_file"),
    ]:
        assert codes(check(form, {"evidence": wrong})) == {"evidence": [code]}


@pytest.mark.parametrize(
    ("component", "code"),
    [
        (field("textfield", "a", conditional={"hide": "=if then"}), "bad_expression"),
        (field("textfield", "a", conditional={"hide": '=__import__("os")'}), "bad_expression"),
        (field("textfield", "a", properties={"required_when": "=("}), "bad_expression"),
        (field("textfield", "a", properties={"default": "1 +"}), "bad_expression"),
        (field("textfield", "a", conditional={"hide": "=a = null"}), "circle"),
        (select("a", "x", defaultValue="y"), "bad_default"),
        (field("number", "a", defaultValue="many"), "bad_default"),
    ],
)
def test_what_cannot_work_is_refused_at_deployment(component: dict[str, Any], code: str) -> None:
    with pytest.raises(FormError) as error:
        compiled(component)
    assert (error.value.code, error.value.field, error.value.where) == (code, "a", "f.form")


def test_conditions_in_a_circle_are_refused() -> None:
    with pytest.raises(FormError) as error:
        compiled(
            field("textfield", "a", conditional={"hide": "=b = 1"}),
            field("textfield", "b", conditional={"hide": '="a" = c'}),
            field("textfield", "c", conditional={"hide": "=a = 1"}),
        )
    assert error.value.code == "circle"
