"""What a stage, an action or an event is called, in both languages at once."""

from __future__ import annotations


class Label(str):
    """The office's word, equal to the plain Japanese text, which knows its English.

    So a refusal that names a stage can be said to a reader of either language.
    """

    english: str

    def __new__(cls, japanese: str, english: str) -> Label:
        """*japanese* as the route says it."""
        made = super().__new__(cls, japanese)
        made.english = english
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        """Both words go along where it is copied."""
        return str(self), self.english


def english_for(label: str, key: str) -> str:
    """What *label* is called in English where a route does not say: by the words of its key.

    ``bureau_approval`` is read as "Bureau approval". A label that holds no Japanese stays.
    """
    return label if label.isascii() else key.replace("_", " ").replace("-", " ").capitalize()


def in_language(label: str, locale: str) -> str:
    """*label* as a reader of *locale* (``ja`` or ``en``) knows it; a plain text as it stands."""
    return label.english if locale == "en" and isinstance(label, Label) else str(label)
