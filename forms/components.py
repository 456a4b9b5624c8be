"""Reading one form-js component into a `FieldSpec`, refusing what could not be meant.

`validate`: `required, minLength, maxLength, pattern, min, max, validationType` (`email`). `properties`:
`kind, personal, required_when, not_in, not_before, not_after, default` and for files `max_megabytes,
max_files`; the modelers write property values as text, so `true` and `"true"`, `20` and `"20"` are the
same.
"""

import math
import re
from typing import Any

from forms import specs
from forms.moments import SUBTYPES, Subtype
from forms.patterns import UnsafePattern, compile_pattern
from forms.place import CONTROL, Place, expression
from forms.specs import FieldSpec, Option, Scalar

LONGEST = {"textfield": 500, "textarea": 20_000}
# A text checked by a pattern is short unless the form says otherwise: bounding the time needs a length.
LONGEST_WITH_PATTERN = 200
MAX_OPTIONS = 1000
MOST_FILES = 20
_MAX_TEXT = 4000

EMAIL = r"^[^@\s]{1,64}@[A-Za-z0-9.-]{1,100}\.[A-Za-z]{2,20}$"

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")
_ACCEPT = re.compile(r"\.[a-z0-9]{1,10}|[a-z]+/(\*|[a-z0-9.+-]+)")
# Words of FEEL, and names the scope of an expression uses for itself.
RESERVED_KEYS = frozenset(
    (
        "and",
        "or",
        "not",
        "in",
        "for",
        "if",
        "then",
        "else",
        "return",
        "some",
        "every",
        "satisfies",
        "between",
        "instance",
        "of",
        "function",
        "external",
        "true",
        "false",
        "null",
        "order",
        "now",
    )
)

_VALIDATIONS = {"required", "minLength", "maxLength", "pattern", "min", "max", "validationType"}
_PROPERTIES = {
    "kind",
    "personal",
    "required_when",
    "not_in",
    "not_before",
    "not_after",
    "default",
    "max_megabytes",
    "max_files",
}
_PLAIN_KINDS = {"textfield": "text", "filepicker": "file"}
_COMPONENTS_OF_KIND = {
    **dict.fromkeys(specs.DOMAIN_CHOICE_KINDS, (*specs.CHOICE_COMPONENTS, "textfield")),
    **dict.fromkeys(specs.DOMAIN_TEXT_KINDS, ("textfield",)),
    **dict.fromkeys(specs.DOMAIN_MOMENT_KINDS, ("datetime",)),
}


def read_field(raw: dict[str, Any], place: Place, *, hide: str | None) -> FieldSpec:
    """The question in one component. `hide`: bare FEEL of the field and its groups together."""
    component = raw["type"]
    key = raw.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise place.fault("bad_key", key=key)
    if key in RESERVED_KEYS:
        raise place.fault("reserved_key", key=key)
    label = place.text(raw, "label", 200) or place.text(raw, "dateTimeLabel", 200)
    label = label or place.text(raw, "dateLabel", 200) or place.text(raw, "timeLabel", 200)
    if not label:
        raise place.fault("no_label")
    validate, properties = place.object(raw, "validate"), place.object(raw, "properties")
    for name in validate.keys() - _VALIDATIONS:
        raise place.fault("unknown_validation", name=name)
    for name in properties.keys() - _PROPERTIES:
        raise place.fault("unknown_property", name=name)
    subtype = _subtype(raw, place)
    kind = _kind(component, subtype, properties, place)
    values: dict[str, Any] = {
        **_lengths(component, kind, validate, place),
        **_bounds(component, raw, validate, place),
        **_moments(component, kind, raw, properties, place),
        **_choices(component, kind, raw, place),
        **_files(component, raw, properties, place),
        **_defaults(component, raw, properties, place),
    }
    return FieldSpec(
        key=key,
        label=label,
        component=component,
        kind=kind,
        hide=hide,
        subtype=subtype,
        help=place.text(raw, "description", _MAX_TEXT),
        required=place.flag(validate, "required"),
        readonly=place.flag(raw, "readonly") or place.flag(raw, "disabled"),
        personal=place.flag(properties, "personal") or kind == "id_number",
        required_when=expression(properties, "required_when", place),
        not_in=_name(properties, "not_in", place),
        **values,
    )


def _subtype(raw: dict[str, Any], place: Place) -> Subtype:
    value = raw.get("subtype", "datetime")
    for subtype in SUBTYPES:
        if value == subtype:
            return subtype
    raise place.fault("bad_text", name="subtype", max=8)


def _kind(component: str, subtype: Subtype, properties: dict[str, Any], place: Place) -> str:
    kind = properties.get("kind")
    if kind is None or kind == "":
        return subtype if component == "datetime" else _PLAIN_KINDS.get(component, component)
    if kind not in _COMPONENTS_OF_KIND:
        raise place.fault("unknown_kind", kind=kind)
    if component not in _COMPONENTS_OF_KIND[kind]:
        raise place.fault("not_here", name=f"kind {kind}", type=component)
    if kind in specs.DOMAIN_MOMENT_KINDS and subtype != "datetime":
        raise place.fault("not_here", name=f"kind {kind}", type=f"{component} {subtype}")
    return str(kind)


def _lengths(component: str, kind: str, validate: dict[str, Any], place: Place) -> dict[str, Any]:
    names = [name for name in ("minLength", "maxLength", "pattern", "validationType") if validate.get(name)]
    if component not in specs.TEXT_COMPONENTS or kind in specs.DOMAIN_CHOICE_KINDS:
        if names:
            raise place.fault("not_here", name=names[0], type=component)
        return {}
    pattern = validate.get("pattern") or None
    if validate.get("validationType") == "email":
        pattern = EMAIL
    elif validate.get("validationType") not in (None, "", "custom"):
        raise place.fault("unknown_validation", name=f"validationType {validate['validationType']}")
    low, high = place.count(validate, "minLength"), place.count(validate, "maxLength")
    if high is None:
        high = LONGEST_WITH_PATTERN if pattern else LONGEST[component]
    if low is not None and low > high:
        raise place.fault("bounds_crossed", low="minLength", high="maxLength")
    if pattern is not None:
        if not isinstance(pattern, str):
            raise place.fault("bad_pattern", detail=pattern)
        try:
            compile_pattern(pattern, longest=high)
        except UnsafePattern as error:
            raise place.fault("unsafe_pattern", detail=error) from None
        except (re.error, RecursionError, OverflowError) as error:
            raise place.fault("bad_pattern", detail=error) from None
    return {"min_length": low, "max_length": high, "pattern": pattern}


def _bounds(component: str, raw: dict[str, Any], validate: dict[str, Any], place: Place) -> dict[str, Any]:
    low, high = place.number(validate, "min", count=False), place.number(validate, "max", count=False)
    if component != "number":
        for name, bound in (("min", low), ("max", high)):
            if bound is not None:
                raise place.fault("not_here", name=name, type=component)
        return {}
    if low is not None and high is not None and low > high:
        raise place.fault("bounds_crossed", low="min", high="max")
    return {"minimum": low, "maximum": high, "decimal_digits": place.count(raw, "decimalDigits")}


def _moments(
    component: str, kind: str, raw: dict[str, Any], properties: dict[str, Any], place: Place
) -> dict[str, Any]:
    before, after = (expression(properties, name, place) for name in ("not_before", "not_after"))
    if component != "datetime":
        for name, text in (("not_before", before), ("not_after", after)):
            if text:
                raise place.fault("not_here", name=name, type=component)
        return {}
    if place.flag(raw, "disallowPassedDates"):
        before = before or "now"
    # A local_datetime tells when something happened, so it cannot lie ahead.
    return {"not_before": before, "not_after": after or ("now" if kind == "local_datetime" else None)}


def _choices(component: str, kind: str, raw: dict[str, Any], place: Place) -> dict[str, Any]:
    domain = kind in specs.DOMAIN_CHOICE_KINDS
    if component not in specs.CHOICE_COMPONENTS:
        return {"choices_key": kind} if domain else {}
    if raw.get("valuesExpression"):
        raise place.fault("not_here", name="valuesExpression", type=component)
    multiple = component in specs.MULTIPLE_COMPONENTS
    values, values_key = raw.get("values"), raw.get("valuesKey")
    if values_key:
        return {"choices_key": _name(raw, "valuesKey", place), "multiple": multiple}
    if values:
        return {"options": _options(values, place), "multiple": multiple}
    if not domain:
        raise place.fault("no_options")
    return {"choices_key": kind, "multiple": multiple}


def _options(values: Any, place: Place) -> tuple[Option, ...]:
    if not isinstance(values, list) or len(values) > MAX_OPTIONS:
        raise place.fault("not_list", name="values")
    options: dict[str, Option] = {}
    for entry in values:
        value: Any = entry.get("value") if isinstance(entry, dict) else None
        if not _is_scalar(value) or value == "" or not place.text(entry, "label", 200):
            raise place.fault("bad_option")
        option = Option(value, place.text(entry, "label", 200))
        if option.wire in options or len(option.wire) > 200 or CONTROL.search(option.wire):
            raise place.fault("bad_option")
        options[option.wire] = option
    return tuple(options.values())


def _files(component: str, raw: dict[str, Any], properties: dict[str, Any], place: Place) -> dict[str, Any]:
    megabytes, most = (
        place.number(properties, "max_megabytes", count=False),
        place.count(properties, "max_files"),
    )
    if component != "filepicker":
        for name, bound in (("max_megabytes", megabytes), ("max_files", most)):
            if bound is not None:
                raise place.fault("not_here", name=name, type=component)
        return {}
    if megabytes is not None and megabytes <= 0:
        raise place.fault("bad_bound", name="max_megabytes")
    accept = tuple(part.strip().lower() for part in place.text(raw, "accept", 500).split(",") if part.strip())
    if not all(_ACCEPT.fullmatch(part) for part in accept):
        raise place.fault("bad_text", name="accept", max=500)
    multiple = place.flag(raw, "multiple")
    return {
        "accept": accept,
        "multiple": multiple,
        "max_files": (most or MOST_FILES) if multiple else 1,
        "max_bytes": None if megabytes is None else int(megabytes * 1024 * 1024),
    }


def _defaults(component: str, raw: dict[str, Any], properties: dict[str, Any], place: Place) -> dict[str, Any]:
    default, value = expression(properties, "default", place), raw.get("defaultValue")
    if value is None or value == "" or value == []:
        return {"default": default}
    if default is not None:
        raise place.fault("two_defaults")
    entries = value if isinstance(value, list) else [value]
    if component == "filepicker" or not all(_is_scalar(entry) for entry in entries):
        raise place.fault("bad_default", detail=value)
    many: tuple[Scalar, ...] = tuple(entries)
    return {"default_value": many if isinstance(value, list) else value}


def _name(raw: dict[str, Any], name: str, place: Place) -> str | None:
    value = raw.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > 100 or not _NAME.fullmatch(value):
        raise place.fault("bad_text", name=name, max=100)
    return value


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | bool) or (isinstance(value, float) and math.isfinite(value))
