"""What people type, made fit to be kept: NFC, one kind of line end, no control characters."""

from __future__ import annotations

import unicodedata

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
    for character in cleaned:
        if unicodedata.category(character) == "Cc" and character not in "\n\t":
            fault = Fault(field, "control_character", {"code": f"U+{ord(character):04X}"})
            raise BadInput("invalid_form", (fault,))
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
