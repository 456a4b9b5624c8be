"""Numbers that stand for a person: citizen identity numbers and telephone numbers.

Both are brought to one spelling, so that two orders of one caller can be recognised whatever was typed.
"""

import re
from datetime import date

from wtforms.validators import ValidationError

from forms.messages import Message
from forms.text import fold_code

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK_CHARACTERS = "10X98765432"
_ID_FORM = re.compile(r"[1-9][0-9]{16}[0-9X]")
_ID_FIRST_YEAR = 1900

_SEPARATORS = re.compile(r"[\s()\[\].·_/\u2010-\u2015\u2212-]+")
_LONGEST_TYPED = 60
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
# Three-digit area codes are 010 and 02x; all others have four digits. Subscriber numbers start with 2 to 8.
_LANDLINE = re.compile(r"(010|02[0-9]|0[3-9][0-9]{2})([2-8][0-9]{6,7})")


def id_check_character(first_17: str) -> str:
    """The 18th character for the 17 digits before it. Source: GB 11643-1999, ISO 7064 MOD 11-2."""
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, first_17, strict=True))
    return _ID_CHECK_CHARACTERS[total % 11]


def normalise_id_number(typed: str) -> str:
    """The identity number in 18 plain characters, X in capitals.

    Raises `ValidationError`: `id_length`, `id_date` (the birth date does not exist), `id_checksum`.
    """
    number = _SEPARATORS.sub("", fold_code(typed[:_LONGEST_TYPED])).upper()
    if not _ID_FORM.fullmatch(number):
        raise ValidationError(Message("id_length"))
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise ValidationError(Message("id_date")) from None
    if born_on.year < _ID_FIRST_YEAR:
        raise ValidationError(Message("id_date"))
    if number[17] != id_check_character(number[:17]):
        raise ValidationError(Message("id_checksum"))
    return number


def birth_date(id_number: str) -> date:
    """The birth date in a normalised identity number."""
    return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))


def normalise_phone(typed: str) -> str:
    """A mobile number as 11 digits, a landline as `area code-number`; blanks, dashes and +86 go.

    Raises `ValidationError` with `phone` for anything else.
    """
    number = _SEPARATORS.sub("", fold_code(typed[:_LONGEST_TYPED]))
    for prefix in ("+86", "0086"):
        if number.startswith(prefix):
            number = _national(number[len(prefix) :])
            break
    if len(number) == 13 and number.startswith("86"):
        number = number[2:]
    if _MOBILE.fullmatch(number):
        return number
    landline = _LANDLINE.fullmatch(number)
    if landline is None:
        raise ValidationError(Message("phone"))
    return f"{landline[1]}-{landline[2]}"


def _national(number: str) -> str:
    """After +86 the zero of an area code is left out by the rules of dialling, so it comes back here."""
    return number if number.startswith("0") or _MOBILE.fullmatch(number) else f"0{number}"
