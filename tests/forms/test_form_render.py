"""What templates get: sections, fields, and the description of each input."""

from datetime import datetime
from typing import Any

from jinja2 import Environment
from werkzeug.datastructures import MultiDict

from decisions import compile_expression
from forms import BoundForm, DomainField, Note, compile_form, read_form
from forms.render import control

NOW = datetime.fromisoformat("2026-09-29T10:00:00+08:00")
COMPONENTS: list[dict[str, Any]] = [
    {
        "type": "textfield",
        "key": "title",
        "label": "标题",
        "description": "一句话",
        "validate": {"required": True, "maxLength": 60},
    },
    {
        "type": "group",
        "label": "联系",
        "conditional": {"hide": "=title = null"},
        "components": [
            {
                "type": "textfield",
                "key": "phone",
                "label": "电话",
                "properties": {"kind": "phone", "personal": "true"},
            },
            {"type": "text", "text": "{{7*7}}<script>"},
            {
                "type": "datetime",
                "key": "called_at",
                "label": "联系时间",
                "properties": {"kind": "local_datetime"},
            },
        ],
    },
    {"type": "number", "key": "days", "label": "天数", "decimalDigits": 0, "validate": {"min": 1, "max": 5}},
    {
        "type": "radio",
        "key": "mode",
        "label": "方式",
        "values": [{"label": "电话", "value": "phone"}, {"label": "短信", "value": "sms"}],
    },
    {"type": "taglist", "key": "units", "label": "单位", "properties": {"kind": "unit"}},
    {"type": "checkbox", "key": "agreed", "label": "同意"},
    {"type": "textarea", "key": "old", "label": "旧意见", "readonly": True},
    {"type": "textfield", "key": "code", "label": "编码", "validate": {"pattern": "^[0-9]{3}$"}},
    {"type": "filepicker", "key": "files", "label": "附件", "accept": ".pdf", "multiple": True},
]
FORM = compile_form(
    read_form({"id": "f", "components": COMPONENTS}, where="f.form"), compile_expression=compile_expression
)


def bound(posted: MultiDict[str, str] | None = None, **values: Any) -> BoundForm:
    return FORM.bind(
        posted,
        scope={"now": NOW, "old": "同意"},
        choices={"unit": [("a", "甲局"), ("b", "乙局")]},
        values=values,
    )


def test_sections_carry_fields_and_notes_in_order() -> None:
    sections = list(bound())
    assert [section.label for section in sections] == ["", "联系", ""]
    assert [section.hidden for section in sections] == [False, True, False]
    rows = sections[1].rows
    assert [row.name if isinstance(row, DomainField) else row for row in rows] == [
        "phone",
        Note("{{7*7}}<script>", "title = null"),
        "called_at",
    ]
    phone = bound()["phone"]
    assert (phone.hidden, phone.kind, phone.required) == (True, "phone", False)


def test_inputs_say_what_they_take() -> None:
    form = bound(title="甲")
    title, phone, days = (control(form[key]).attributes for key in ("title", "phone", "days"))
    assert title == {
        "id": "title",
        "name": "title",
        "type": "text",
        "maxlength": "60",
        "required": "",
        "aria-required": "true",
        "aria-describedby": "title-help",
    }
    assert (phone["type"], phone["autocomplete"]) == ("tel", "off")
    assert (days["type"], days["inputmode"], days["data-min"], days["data-max"]) == (
        "text",
        "numeric",
        "1",
        "5",
    )
    assert control(form["code"]).attributes["pattern"] == "[0-9]{3}"
    files = control(form["files"])
    assert (files.element, files.attributes["accept"], files.attributes["multiple"]) == ("file", ".pdf", "")
    assert control(form["mode"]).element == "radios"
    assert "readonly" in control(form["old"]).attributes and control(form["old"]).value == "同意"
    assert "checked" in control(bound(agreed=True)["agreed"]).attributes
    assert "checked" not in control(form["agreed"]).attributes


def test_dates_are_shown_as_the_browser_wants_them_unless_they_cannot_be_read() -> None:
    shown = control(bound(title="甲", called_at="2026-09-29T09:00:00+08:00")["called_at"])
    assert (shown.value, shown.attributes["type"], shown.attributes["max"]) == (
        "2026-09-29T09:00",
        "datetime-local",
        "2026-09-29T10:00",
    )
    typed = bound(MultiDict({"called_at": "９月２９日上午", "title": "甲"}))
    assert not typed.validate()
    again = control(typed["called_at"])
    assert (again.value, again.attributes["type"], again.attributes["aria-invalid"]) == (
        "９月２９日上午",
        "text",
        "true",
    )


def test_a_choice_no_longer_offered_is_shown_as_such() -> None:
    posted = bound(MultiDict([("units", "b"), ("units", "closed")]))
    options = control(posted["units"]).options
    assert [(option.value, option.selected, option.stale) for option in options] == [
        ("a", False, False),
        ("b", True, False),
        ("closed", True, True),
    ]


def test_nothing_in_a_form_becomes_markup() -> None:
    page = Environment(autoescape=True).from_string(
        "{% for s in form %}{% for r in s.rows %}{{ r.label or r.text }}{% endfor %}{% endfor %}"
        "<input{{ control.attributes|xmlattr }} value='{{ control.value }}'>"
    )
    nasty = bound(MultiDict({"title": "'><script>{{7*7}}"}))
    drawn = page.render(form=nasty, control=control(nasty["title"]))
    assert "<script>" not in drawn
    assert "{{7*7}}" in drawn and "49" not in drawn
