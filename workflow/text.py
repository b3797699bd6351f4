"""What people type, made fit to be kept: NFC, one kind of line end, nothing that is a mistake."""

from __future__ import annotations

import unicodedata

from workflow.characters import first_mistake
from workflow.errors import BadInput, Fault


def clean(text: str) -> str:
    """*text* in NFC with ``\\n`` as line end, outer white space removed."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", unified).strip()


def one_paragraph(text: str, *, longest: int, field: str) -> str:
    """A cleaned text of at most *longest* characters.

    Raises:
        BadInput: ``too_long`` or ``control_character``, naming *field*.
    """
    cleaned = clean(text)
    if len(cleaned) > longest:
        fault = Fault(field, "too_long", {"longest": longest, "length": len(cleaned)})
        raise BadInput("invalid_form", (fault,))
    if odd := first_mistake(cleaned):
        place = {"code": odd.code_point, "line": odd.line, "column": odd.column}
        raise BadInput("invalid_form", (Fault(field, "control_character", place),))
    return cleaned


def search_words(typed: str) -> tuple[str, ...]:
    """What a search must find, every word of it: width and case folded, parted at white space.

    Returns:
        The words in their order; none where nothing was typed, and then everything is found.
    """
    return tuple(fold_for_search(typed).split())


def fold_for_search(text: str) -> str:
    """A text as a search compares it: half-width kana and full-width letters are what they mean."""
    return unicodedata.normalize("NFKC", text).casefold()
