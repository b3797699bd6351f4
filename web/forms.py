"""Reads what people type into the forms of a sheet; every fault names its field.

Nothing here touches a transaction. A form that comes back shows what was typed, so what was typed
is kept beside what it means.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from web.language import locale
from workflow.errors import BadInput, Fault
from workflow.messages import say_error
from workflow.sheet.content import EditableFields, SheetContent
from workflow.sheet.fields import decimal_of

#: The texts of a sheet that people write, in the order of the sheet.
TEXTS = (
    "objective",
    "annual_plan",
    "rating_reason",
    "results",
    "issues",
    "next_year_actions",
)
#: All fields of the edit form, from top to bottom.
ORDER = ("objective", "annual_plan", "rating", "rating_reason", "results", "actuals", "issues",
         "next_year_actions")  # fmt: skip
_ACTUAL = "actuals-"
_HASH = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[0-9a-f]{32}")
# A table and not NFKC, which would read ① as 1.
_HALF_WIDTH = str.maketrans("０１２３４５６７８９，．＋－−", "0123456789,.+--")

Form = Mapping[str, str]


def new_request_key() -> str:
    """A key for one form: a second post of the same form does nothing twice."""
    return secrets.token_hex(16)


def half_width(text: str) -> str:
    """Digits and signs as on the keyboard; everything else as typed."""
    return text.strip().translate(_HALF_WIDTH)


def sentences(faults: Iterable[Fault]) -> list[tuple[str, str]]:
    """(field id, sentence) of each fault in the reader's language, for summary and fields.

    That a form only came back is no fault of its: the page says so by itself.
    """
    return [
        (fault.path, say_error(fault, locale=locale()))
        for fault in faults
        if fault.code != "not_done_yet"
    ]


def sentences_of(error: BadInput | None, field: str) -> list[tuple[str, str]]:
    """The same for what was refused; a refusal as a whole stands at *field*. None: nothing was."""
    if error is None or error.code == "not_done_yet":
        return []
    return sentences(error.faults) or [(field, say_error(error, locale=locale()))]


def named(errors: Iterable[tuple[str, str]], labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """The same for the summary of a long form, where a sentence must say which field it means."""
    return [
        (field, f"{labels[field]}: {text}" if field in labels else text) for field, text in errors
    ]


def version(form: Form, name: str = "version") -> int:
    """The version that the page carried.

    Raises:
        BadInput: ``invalid_form``; no page of ours sends such a form.
    """
    typed = form.get(name, "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
        raise BadInput("invalid_form")
    return int(typed)


def seen_hash(typed: str | None) -> bytes | None:
    """The hash of the content that the page showed; None where it carried none.

    Raises:
        BadInput: ``invalid_form``.
    """
    if not typed:
        return None
    if not _HASH.fullmatch(typed):
        raise BadInput("invalid_form")
    return bytes.fromhex(typed)


def request_key(form: Form) -> str:
    """The key that was made with the form.

    Raises:
        BadInput: ``invalid_form``.
    """
    key = form.get("request_key", "")
    if not _KEY.fullmatch(key):
        raise BadInput("invalid_form")
    return key


@dataclass(frozen=True)
class TypedAction:
    """What the form of an action holds, as typed."""

    action: str
    target: str
    reason: str
    version: int
    seen_hash: str
    request_key: str


def typed_action(form: Form) -> TypedAction:
    """Read the form of an action.

    Raises:
        BadInput: ``invalid_form`` for a form that is not one of ours.
    """
    hashed = seen_hash(form.get("seen_hash"))
    return TypedAction(
        action=form.get("action", "")[:50],
        target=form.get("target", "")[:50],
        reason=form.get("reason", ""),
        version=version(form),
        seen_hash=hashed.hex() if hashed else "",
        request_key=request_key(form),
    )


@dataclass(frozen=True)
class TypedSheet:
    """The edit form as typed: text fields, the rating's value, figures by indicator number."""

    texts: Mapping[str, str]
    rating: str
    actuals: Mapping[int, str]

    @classmethod
    def of(cls, content: SheetContent) -> TypedSheet:
        """The form as it is first shown."""
        year = content.target_fiscal_year
        return cls(
            texts={name: getattr(content, name) for name in TEXTS},
            rating=str(content.rating or ""),
            actuals={i.number: i.actuals.get(year, "") for i in content.indicators},
        )


def typed_sheet(form: Form) -> TypedSheet:
    """Read the edit form; a field that is not in it counts as empty, a figure as untouched."""
    actuals = {}
    for name, value in form.items():
        number = name.removeprefix(_ACTUAL)
        if name.startswith(_ACTUAL) and number.isascii() and number.isdigit() and len(number) < 4:
            actuals[int(number)] = half_width(value)
    return TypedSheet(
        texts={name: _text(form.get(name, "")) for name in TEXTS},
        rating=form.get("rating", ""),
        actuals=actuals,
    )


def _text(typed: str) -> str:
    # Browsers send CR LF. Blank ends mean nothing; an indent at the start (字下げ) does.
    return typed.replace("\r\n", "\n").replace("\r", "\n").rstrip()


def fields_of(typed: TypedSheet) -> tuple[EditableFields | None, tuple[Fault, ...]]:
    """The fields that were typed, or None and every fault in the order of the sheet."""
    faults: list[Fault] = []
    fields: EditableFields | None = None
    if typed.rating not in ("", "1", "2", "3", "4"):
        faults.append(Fault("rating", "not_a_choice", {}))
    try:
        fields = EditableFields(**typed.texts, rating=None)
    except ValidationError as error:
        faults.extend(_fault(item) for item in error.errors())
    for number, figure in typed.actuals.items():
        if figure and not _is_figure(figure):
            faults.append(Fault(f"{_ACTUAL}{number}", "not_a_figure", {"typed": figure}))
    if fields is None or faults:
        return None, tuple(sorted(faults, key=lambda fault: place(fault.path)))
    return fields.model_copy(update={"rating": int(typed.rating) if typed.rating else None}), ()


def _is_figure(text: str) -> bool:
    try:
        decimal_of(text)
    except ValueError:
        return False
    return True


def place(name: str) -> int:
    """Where on the form the field called *name* stands."""
    name = "actuals" if name.startswith(_ACTUAL) else name
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _fault(item: object) -> Fault:
    details = dict(item)  # type: ignore[call-overload]
    path = str(details["loc"][0])
    values = details.get("ctx", {})
    if details["type"] == "text_too_long":
        return Fault(path, "too_long", {"longest": values["limit"], "length": values["length"]})
    if details["type"] == "control_character":
        return Fault(path, "control_character", values)
    return Fault(path, "invalid_form", {})


def without_faults(typed: TypedSheet, stored: TypedSheet, faults: Iterable[Fault]) -> TypedSheet:
    """What autosave may keep: where something cannot be kept, what is stored stays."""
    paths = {fault.path for fault in faults}
    return TypedSheet(
        texts={k: stored.texts[k] if k in paths else v for k, v in typed.texts.items()},
        rating=stored.rating if "rating" in paths else typed.rating,
        actuals={k: v for k, v in typed.actuals.items() if f"{_ACTUAL}{k}" not in paths},
    )
