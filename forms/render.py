"""What a template needs to draw a field's input: element, attributes, options. No HTML is made here.

Numbers are text inputs with a number pad: a browser's number input throws away full-width digits and
everything it cannot read, and what a person typed must come back. For the same reason a date that cannot be
read is shown again in a plain text input.
"""

from dataclasses import dataclass
from typing import Literal

from forms.fields import DomainField
from forms.files import accepted_types
from forms.moments import input_text
from forms.patterns import is_whole
from forms.validators import Limit

Element = Literal["input", "textarea", "select", "radios", "checks", "checkbox", "file"]
_ELEMENTS: dict[str, Element] = {
    "textarea": "textarea",
    "select": "select",
    "radio": "radios",
    "checklist": "checks",
    "taglist": "select",
    "checkbox": "checkbox",
    "filepicker": "file",
}
_DATE_INPUTS = {"date": "date", "time": "time", "datetime": "datetime-local"}


@dataclass(frozen=True, slots=True)
class Shown:
    """An option as drawn; `stale`: it was chosen but is no longer offered."""

    value: str
    label: str
    selected: bool
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Control:
    """`attributes` are for the element itself (`{{ control.attributes|xmlattr }}`), `value` is the text
    to show.

    `help_id`, `error_id`: ids to give the help and error elements, as `aria-describedby` names them.
    """

    element: Element
    attributes: dict[str, str]
    value: str
    options: tuple[Shown, ...]
    help_id: str
    error_id: str


def control(field: DomainField) -> Control:
    """The description of a field's input in the present state of its form."""
    spec = field.spec
    element: Element = (
        "select" if spec.is_choice and spec.component == "textfield" else _ELEMENTS.get(spec.component, "input")
    )
    value = field.typed[0] if field.typed else ""
    attributes = {"id": field.id, "name": field.name}
    if element == "input":
        value = _input(field, value, attributes)
    if element == "textarea":
        attributes["rows"] = "4"
    if spec.max_length is not None and element in ("input", "textarea"):
        attributes["maxlength"] = str(spec.max_length)
    if spec.multiple and element in ("select", "file"):
        attributes["multiple"] = ""
    if element == "file":
        attributes["accept"] = ",".join(accepted_types(spec))
    if spec.personal:
        # The person typing is not the person meant: the browser must neither offer nor remember.
        attributes["autocomplete"] = "off"
    if element == "checkbox":
        attributes.update({"type": "checkbox", "value": "true"})
        if field.data is True:
            attributes["checked"] = ""
    if element == "file":
        attributes["type"] = "file"
    return Control(
        element,
        {**attributes, **_state(field, element)},
        value,
        _options(field),
        f"{field.id}-help",
        f"{field.id}-error",
    )


def _input(field: DomainField, value: str, attributes: dict[str, str]) -> str:
    """Fill in type and hints of a one-line input; returns the text to show."""
    spec = field.spec
    attributes["type"] = "tel" if spec.kind == "phone" else "text"
    if spec.component == "number":
        attributes["inputmode"] = "numeric" if spec.decimal_digits == 0 else "decimal"
        for name, bound in (("data-min", spec.minimum), ("data-max", spec.maximum)):
            if bound is not None:
                attributes[name] = str(bound)
    elif spec.component == "datetime":
        if value and not field.data:
            return value
        attributes["type"] = _DATE_INPUTS[spec.subtype]
        value = input_text(field.data, spec.subtype) if field.data else ""
        attributes["step"] = "1" if value.count(":") == 2 else "60"
        attributes.update(_moment_limits(field))
    elif spec.kind == "id_number":
        attributes["autocapitalize"] = "characters"
        # Room for blanks and dashes, which are taken out again.
        attributes["maxlength"] = "30"
    elif spec.pattern is not None and is_whole(spec.pattern):
        attributes["pattern"] = spec.pattern[1:-1]
    return value


def _moment_limits(field: DomainField) -> dict[str, str]:
    if field.spec.subtype == "time":
        return {}
    names = {"not_before": "min", "not_after": "max"}
    limits = {
        names[rule.name]: rule.limit(field.form, field.spec) for rule in field.validators if isinstance(rule, Limit)
    }
    return {name: input_text(limit.isoformat(), field.spec.subtype) for name, limit in limits.items() if limit}


def _state(field: DomainField, element: Element) -> dict[str, str]:
    described = [f"{field.id}-error"] if field.errors else []
    described += [f"{field.id}-help"] if field.spec.help else []
    state = {"aria-describedby": " ".join(described)} if described else {}
    if field.errors:
        state["aria-invalid"] = "true"
    if field.required:
        state["aria-required"] = "true"
        if element in ("input", "textarea", "select", "checkbox") or (element == "file" and not field.data):
            state["required"] = ""
    if field.spec.readonly:
        # Only text inputs know "readonly"; all other elements are disabled. Either way nothing of it is read.
        state["readonly" if element in ("input", "textarea") else "disabled"] = ""
    return state


def _options(field: DomainField) -> tuple[Shown, ...]:
    if not field.spec.is_choice:
        return ()
    chosen = dict.fromkeys(field.typed)
    choices = field.choices
    offered = [Shown(value, label, value in chosen) for value, label in choices]
    gone = [Shown(value, value, True, stale=True) for value in chosen if value and not choices.has(value)]
    return (*offered, *gone)
