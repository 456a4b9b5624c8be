"""A form in front of a person: headings, questions, what was typed, what is wrong with it.

Templates iterate over the sections and give each row to the one macro that draws a field; `control` in
`forms.render` describes the input element. Nothing typed is ever lost: a bound form shows the raw text again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from forms.fields import DomainField, DomainForm
from forms.messages import Message
from forms.specs import FieldSpec, FormSchema, Note


@dataclass(frozen=True, slots=True)
class Section:
    """A heading ('' for none) and the rows under it: WTForms fields and notes, in order."""

    label: str
    rows: tuple[DomainField | Note, ...]

    @property
    def hidden(self) -> bool:
        """Whether no question of it is shown now."""
        fields = [row for row in self.rows if isinstance(row, DomainField)]
        return bool(fields) and all(field.hidden for field in fields)


class BoundForm:
    """A form with answers. `form`: the WTForms form; `form[key]`: one field."""

    def __init__(self, schema: FormSchema, form: DomainForm) -> None:
        self.schema, self.form = schema, form
        self.id, self.title = schema.id, schema.title

    def __iter__(self) -> Iterator[Section]:
        for block in self.schema.blocks:
            yield Section(
                block.label,
                tuple(self[item.key] if isinstance(item, FieldSpec) else item for item in block.items),
            )

    def __getitem__(self, key: str) -> DomainField:
        return self.form.fields[key]

    def __contains__(self, key: str) -> bool:
        return key in self.form.fields

    def refuse(self, key: str, message: Message) -> None:
        """Say at a field what was found wrong with a file before it could be stored; `validate` then fails."""
        field = self[key]
        field.errors = field.process_errors = [*field.process_errors, message]

    def validate(self) -> bool:
        """Whether every active field is in order."""
        return self.form.validate()

    @property
    def values(self) -> dict[str, Any]:
        """The stored values of active fields (JSON-able); an optional field left empty is None, False or
        [].
        """
        return {field.spec.key: field.data for field in self.form.active()}

    @property
    def errors(self) -> dict[str, list[Message]]:
        """Messages by field after `validate`."""
        return {
            key: cast("list[Message]", list(field.errors)) for key, field in self.form.fields.items() if field.errors
        }
