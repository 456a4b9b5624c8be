"""Forms: what a person is asked for, and what may enter a work order.

A process owner draws a form in the same modeler as the diagram; it is a form-js schema (`.form`).
`schema.read_form` checks the file and turns it into plain descriptions, `compile.compile_form` makes a
WTForms class of it, once per deployment. Web posts go through `CompiledForm.bind`, everything that brings
plain JSON values (scenarios, replay) through `CompiledForm.check`: the same fields and the same
validators in both.

The server is the law: unknown, read-only and hidden fields are ignored, what a person typed is kept as
typed for redisplay, and only cleaned, JSON-able values come out. FEEL is handed in by the caller; this room
needs no other.
"""

from forms.bound import BoundForm, Section
from forms.compile import Checked, CompiledForm, compile_form
from forms.fields import ChoiceList, DomainField
from forms.files import check_file, shown_name
from forms.messages import FormError, Message
from forms.schema import FieldSpec, FormSchema, Note, Option, read_form

__all__ = [
    "BoundForm",
    "Checked",
    "ChoiceList",
    "CompiledForm",
    "DomainField",
    "FieldSpec",
    "FormError",
    "FormSchema",
    "Message",
    "Note",
    "Option",
    "Section",
    "check_file",
    "compile_form",
    "read_form",
    "shown_name",
]
