"""Text as it comes from keyboards, phones and copied web pages, made fit to keep.

Line ends become LF; marks that are invisible and turn the reading direction are dropped (they arrive with
numbers copied from address books); control characters and lone surrogates are refused, because nobody typed
them and the database or a terminal may choke on them. Full-width digits are folded only where digits mean
something.
"""

import re
import unicodedata

from wtforms.validators import ValidationError

from forms.messages import Message

# Zero-width and direction marks: no meaning in what people write here, all of them usable to deceive.
_INVISIBLE = "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_DROPPED = re.compile(f"[{_INVISIBLE}]")
_REFUSED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SUSPECT = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_INVISIBLE}]")
_LINE_BREAKS = re.compile(r"[\n\t]+")

_WIDE = {
    code: code - 0xFEE0
    for first, last in ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))
    for code in range(first, last + 1)
}


def clean_text(text: str, *, multiline: bool) -> str:
    """`text` without invisible marks, with LF line ends and no blanks around it; one line unless `multiline`.

    Raises `ValidationError` with `bad_characters` for control characters and lone surrogates.
    """
    if _SUSPECT.search(text):
        text = _DROPPED.sub("", _LINE_ENDS.sub("\n", text))
        if _REFUSED.search(text):
            raise ValidationError(Message("bad_characters"))
    if not multiline and ("\n" in text or "\t" in text):
        text = _LINE_BREAKS.sub(" ", text)
    return text.strip()


def fold_width(text: str) -> str:
    """Full-width digits and Latin letters as plain ones; Chinese punctuation stays as it is."""
    return text if text.isascii() else text.translate(_WIDE)


def fold_code(text: str) -> str:
    """One-line text that stands for a number, date or code: also full-width signs become plain ones."""
    text = clean_text(text, multiline=False)
    return text if text.isascii() else unicodedata.normalize("NFKC", text).strip()
