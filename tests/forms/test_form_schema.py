"""Reading `.form` files: what is taken, and the sentence for what is not."""

import json
from typing import Any

import pytest

from forms import FormError, Note, Option, read_form


def form(*components: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schemaVersion": 16, "type": "default", "id": "intake", "components": list(components), **more}


def text(key: str = "title", **more: Any) -> dict[str, Any]:
    return {"type": "textfield", "key": key, "label": "标题", **more}


def refused(data: Any, code: str, field: str = "") -> FormError:
    with pytest.raises(FormError) as error:
        read_form(data, where="intake.form")
    assert error.value.code == code, str(error.value)
    assert error.value.field == field
    assert "intake.form" in error.value.zh and "intake.form" in error.value.en
    return error.value


def test_a_form_is_read_in_the_order_of_the_drawing_with_its_headings() -> None:
    schema = read_form(
        json.dumps(
            form(
                {"type": "text", "text": "# 受理登记单\n请如实填写"},
                text("title"),
                {
                    "type": "group",
                    "label": "诉求人",
                    "conditional": {"hide": '=identity_mode = "anonymous"'},
                    "components": [
                        text("petitioner_name", label="姓名", properties={"personal": "true"}),
                        {
                            "type": "group",
                            "label": "联系方式",
                            "components": [
                                text(
                                    "phone",
                                    conditional={"hide": "=wants_reply = false"},
                                    properties={"kind": "phone"},
                                )
                            ],
                        },
                        text("note"),
                    ],
                },
                {"type": "separator"},
                text("place"),
            )
        ).encode(),
        where="intake.form",
    )
    assert (schema.id, schema.title) == ("intake", "受理登记单")
    assert [(block.label, [getattr(item, "key", "-") for item in block.items]) for block in schema.blocks] == [
        ("", ["-", "title"]),
        ("诉求人", ["petitioner_name"]),
        ("联系方式", ["phone"]),
        ("诉求人", ["note"]),
        ("", ["-", "place"]),
    ]
    by_key = {spec.key: spec for spec in schema.fields}
    assert by_key["petitioner_name"].personal and not by_key["note"].personal
    assert by_key["note"].hide == 'identity_mode = "anonymous"'
    assert by_key["phone"].hide == '(identity_mode = "anonymous") or (wants_reply = false)'
    assert by_key["phone"].kind == "phone"
    assert isinstance(schema.blocks[0].items[0], Note)


def test_what_a_modeler_writes_as_text_means_the_same() -> None:
    schema = read_form(
        form(
            {
                "type": "number",
                "key": "amount",
                "label": "天数",
                "validate": {"min": "1", "max": 10.0, "required": True},
                "decimalDigits": 0,
            },
            {
                "type": "filepicker",
                "key": "evidence",
                "label": "证明",
                "accept": ".PDF, image/*",
                "multiple": True,
                "properties": {"max_megabytes": "20"},
            },
            {
                "type": "radio",
                "key": "reached",
                "label": "联系上",
                "values": [{"label": "是", "value": True}, {"label": "否", "value": False}],
            },
        ),
        where="x.form",
    )
    amount, evidence, reached = schema.fields
    assert (amount.minimum, amount.maximum, amount.required, amount.decimal_digits) == (1, 10, True, 0)
    assert (evidence.accept, evidence.max_bytes, evidence.multiple) == (
        (".pdf", "image/*"),
        20 * 1024 * 1024,
        True,
    )
    assert reached.options == (Option(True, "是"), Option(False, "否"))


def test_files_that_are_no_forms_are_refused() -> None:
    refused(b"\xff\xfe{", "not_utf8")
    refused("{", "not_json")
    refused("[]", "not_object")
    refused('{"id": "a", "id": "b"}', "duplicate_name")
    refused(b" " * 600_000, "too_big")
    refused("[" * 100_000, "too_deep")
    refused(form(type="other"), "bad_type")
    refused({"components": []}, "bad_id")
    refused({"id": "../x", "components": []}, "bad_id")
    refused({"id": "x", "components": {}}, "not_list")
    refused({"id": "x", "components": [3]}, "not_object")


def test_size_and_depth_are_bounded() -> None:
    refused(form(*({"type": "separator"} for _ in range(401))), "too_many_components")
    inner: dict[str, Any] = text()
    for _ in range(8):
        inner = {"type": "group", "label": "组", "components": [inner]}
    refused(form(inner), "too_deep", "组")


@pytest.mark.parametrize(
    ("component", "code"),
    [
        ({"type": "iframe", "label": "网页"}, "unknown_component"),
        ({"type": "textfield", "key": "", "label": "甲"}, "bad_key"),
        (text("a b"), "bad_key"),
        (text("__class__"), "bad_key"),
        (text("标题"), "bad_key"),
        (text("order"), "reserved_key"),
        (text("now"), "reserved_key"),
        (text("in"), "reserved_key"),
        ({"type": "textfield", "key": "a"}, "no_label"),
        (text(label="a\u202eb"), "bad_text"),
        (text(label=["a"]), "bad_text"),
        (text(validate={"minLength": 5, "maxLength": 4}), "bounds_crossed"),
        (text(validate={"minLength": -1}), "bad_bound"),
        (text(validate={"maxLength": "=days"}), "bad_bound"),
        (text(validate={"min": 1}), "not_here"),
        (text(validate={"requird": True}), "unknown_validation"),
        (text(validate={"required": "maybe"}), "bad_flag"),
        (text(validate={"pattern": "(["}), "bad_pattern"),
        (text(validate={"pattern": "^(a+)+$"}), "unsafe_pattern"),
        (text(validate={"validationType": "phone"}), "unknown_validation"),
        (text(readonly="=x"), "bad_flag"),
        (text(properties={"required_whn": "true"}), "unknown_property"),
        (text(properties={"kind": "planet"}), "unknown_kind"),
        (text(properties={"kind": "due"}), "not_here"),
        (text(properties={"not_after": "now"}), "not_here"),
        (text(properties={"max_files": "2"}), "not_here"),
        (text(properties={"not_in": "a b"}), "bad_text"),
        (text(properties={"default": "x"}, defaultValue="y"), "two_defaults"),
        (text(properties=[]), "not_object"),
        (text(conditional={"hide": "="}), "bad_text"),
        (text(conditional="x"), "not_object"),
        ({"type": "number", "key": "n", "label": "数", "validate": {"min": 3, "max": 2}}, "bounds_crossed"),
        ({"type": "number", "key": "n", "label": "数", "validate": {"min": True}}, "bad_bound"),
        ({"type": "number", "key": "n", "label": "数", "validate": {"max": float("inf")}}, "bad_bound"),
        ({"type": "number", "key": "n", "label": "数", "validate": {"max": float("nan")}}, "bad_bound"),
        ({"type": "number", "key": "n", "label": "数", "validate": {"max": 10**400}}, "bad_bound"),
        ({"type": "select", "key": "s", "label": "选"}, "no_options"),
        ({"type": "select", "key": "s", "label": "选", "values": [{"label": "甲"}]}, "bad_option"),
        (
            {
                "type": "select",
                "key": "s",
                "label": "选",
                "values": [{"label": "甲", "value": "a"}, {"label": "乙", "value": "a"}],
            },
            "bad_option",
        ),
        (
            {
                "type": "select",
                "key": "s",
                "label": "选",
                "values": [{"label": "甲", "value": True}, {"label": "乙", "value": "true"}],
            },
            "bad_option",
        ),
        ({"type": "select", "key": "s", "label": "选", "valuesExpression": "=x"}, "not_here"),
        ({"type": "datetime", "key": "d", "label": "日", "subtype": "week"}, "bad_text"),
        (
            {"type": "datetime", "key": "d", "label": "日", "subtype": "date", "properties": {"kind": "due"}},
            "not_here",
        ),
        ({"type": "filepicker", "key": "f", "label": "件", "properties": {"max_megabytes": 0}}, "bad_bound"),
        ({"type": "filepicker", "key": "f", "label": "件", "accept": ".pdf;rm"}, "bad_text"),
    ],
)
def test_a_wrong_component_is_named(component: dict[str, Any], code: str) -> None:
    field = component.get("key") or component["label"]
    field = field if isinstance(field, str) else "?"
    refused(form(component), code, field)


def test_a_key_stands_once_even_across_groups() -> None:
    refused(form(text(), {"type": "group", "components": [text()]}), "duplicate_key", "title")
