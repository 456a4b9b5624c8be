"""The plain descriptions a `.form` file is read into: no WTForms, no FEEL, nothing that runs.

A `FieldSpec` is one question; expressions are kept as bare FEEL text (without `=` or `${…}`). Groups are
flattened: a `Block` is a run of questions and notes under one heading, in the order of the drawing.
"""

from dataclasses import dataclass
from typing import Literal

from forms.moments import Subtype

Scalar = str | int | float | bool

DOMAIN_CHOICE_KINDS = ("unit", "category", "region")
DOMAIN_TEXT_KINDS = ("phone", "id_number")
DOMAIN_MOMENT_KINDS = ("due", "local_datetime")
MULTIPLE_COMPONENTS = ("checklist", "taglist")
CHOICE_COMPONENTS = ("radio", "select", *MULTIPLE_COMPONENTS)
TEXT_COMPONENTS = ("textfield", "textarea")
FIELD_COMPONENTS = (*TEXT_COMPONENTS, *CHOICE_COMPONENTS, "number", "checkbox", "datetime", "filepicker")

Check = Literal["none", "phone", "id_number"]


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose. `value` keeps its JSON type; `wire` is how a browser sends it."""

    value: Scalar
    label: str

    @property
    def wire(self) -> str:
        return wire(self.value)


def wire(value: Scalar) -> str:
    """A scalar as form text: `true`, `false`, `3`, or the text itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One question of a form.

    `component`: form-js type. `kind`: domain kind (`unit`, `phone` …) or, without one, `text`, `textarea`,
    `number`, `checkbox`, `checklist`, `radio`, `select`, `taglist`, `date`, `time`, `datetime`, `file`.
    `hide`, `required_when`, `not_before`, `not_after`, `default`: bare FEEL or None. `choices_key`: the
    list of choices the caller supplies (`unit` … or the `valuesKey`), None with own `options`.
    `min_length`, `max_length`: characters; `max_bytes`: bytes per file; `accept`: lower-case suffixes and
    MIME types.
    """

    key: str
    label: str
    component: str
    kind: str
    help: str = ""
    required: bool = False
    readonly: bool = False
    personal: bool = False
    default_value: Scalar | tuple[Scalar, ...] | None = None
    default: str | None = None
    hide: str | None = None
    required_when: str | None = None
    not_in: str | None = None
    not_before: str | None = None
    not_after: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    decimal_digits: int | None = None
    subtype: Subtype = "datetime"
    options: tuple[Option, ...] = ()
    choices_key: str | None = None
    multiple: bool = False
    accept: tuple[str, ...] = ()
    max_bytes: int | None = None
    max_files: int = 1

    @property
    def is_choice(self) -> bool:
        return bool(self.options) or self.choices_key is not None

    def expressions(self) -> list[tuple[str, str]]:
        """Name and bare text of every expression of the field."""
        named = [
            ("conditional.hide", self.hide),
            ("required_when", self.required_when),
            ("default", self.default),
            ("not_before", self.not_before),
            ("not_after", self.not_after),
        ]
        return [(name, text) for name, text in named if text is not None]


@dataclass(frozen=True, slots=True)
class Note:
    """Text between questions (plain lines; a `separator` is a note without text)."""

    text: str
    hide: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A run of items under the heading `label` ('' outside groups)."""

    label: str
    items: tuple[FieldSpec | Note, ...]


@dataclass(frozen=True, slots=True)
class FormSchema:
    """A `.form` file as read; `where` is the file's name for messages."""

    id: str
    title: str
    where: str
    blocks: tuple[Block, ...]

    @property
    def fields(self) -> tuple[FieldSpec, ...]:
        return tuple(item for block in self.blocks for item in block.items if isinstance(item, FieldSpec))
