"""Reads the form of an absence; every fault names its field, and what was typed is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from web.typed_dates import read_day, typed_parts
from workflow.definition.model import NamedFor
from workflow.errors import BadInput, Fault
from workflow.queries.substitutes import PossibleSubstitute
from workflow.services import absences
from workflow.services.absences import AbsenceForm

#: Substitutes that the form offers for each kind of step, first to last.
PLACES = 3
_KINDS = {kind.value: kind for kind in absences.KINDS}


@dataclass(frozen=True)
class TypedAbsence:
    """The form as typed: date parts, the kind's value, kind of step → assignments as texts
    in order."""

    first_day: Mapping[str, str] = field(default_factory=dict)
    last_day: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    substitutes: Mapping[NamedFor, tuple[str, ...]] = field(default_factory=dict)

    def fields(self) -> list[tuple[str, str]]:
        """Every field by name, for a page that carries them on."""
        days = [
            (f"{name}-{part}", text)
            for name in ("first_day", "last_day")
            for part, text in getattr(self, name).items()
        ]
        named = [
            (f"substitutes-{step}-{place}", text)
            for step, texts in self.substitutes.items()
            for place, text in enumerate(texts, start=1)
        ]
        return [*days, ("kind", self.kind), *named]


def proposed(
    steps: Iterable[NamedFor], able: Sequence[PossibleSubstitute], today: date
) -> TypedAbsence:
    """The form as it is first shown: the first candidates who are there today, in their order."""
    there: dict[int, PossibleSubstitute] = {}
    for candidate in able:
        if not any(first <= today <= last for first, last in candidate.away):
            there.setdefault(candidate.person_id, candidate)
    names = tuple(str(candidate.assignment_id) for candidate in there.values())[:PLACES]
    return TypedAbsence(substitutes=dict.fromkeys(steps, names))


def typed_absence(form: Mapping[str, str], steps: Iterable[NamedFor]) -> TypedAbsence:
    """What stands in the form; *steps* are those that it offers."""
    return TypedAbsence(
        first_day=typed_parts(form, "first_day"),
        last_day=typed_parts(form, "last_day"),
        kind=form.get("kind", ""),
        substitutes={
            step: tuple(
                form.get(f"substitutes-{step}-{place}", "") for place in range(1, PLACES + 1)
            )
            for step in steps
        },
    )


def absence_of(
    typed: TypedAbsence, form: Mapping[str, str], today: date
) -> tuple[AbsenceForm, tuple[Fault, ...]]:
    """What was meant, and what could not be read.

    Where something could not be read, *today* and the first kind stand in its place, so that the
    rest can be checked as well.
    """
    faults: list[Fault] = []
    days = {}
    for name in ("first_day", "last_day"):
        try:
            days[name] = read_day(form, name)
        except BadInput as error:
            faults.extend(error.faults)
    kind = _KINDS.get(typed.kind)
    if kind is None:
        faults.append(Fault("kind", "not_a_choice", {}))
    if len(days) < 2:
        days = {"first_day": today, "last_day": today}
    named = {}
    for step, texts in typed.substitutes.items():
        chosen = [text for text in texts if text]
        if all(text.isascii() and text.isdigit() and len(text) < 16 for text in chosen):
            named[step] = tuple(int(text) for text in chosen)
        else:
            faults.append(Fault(f"substitutes-{step}", "not_a_choice", {}))
    return (
        AbsenceForm(
            first_day=days["first_day"],
            last_day=days["last_day"],
            kind=kind or absences.KINDS[0],
            substitutes=named,
        ),
        tuple(faults),
    )


def together(unread: Sequence[Fault], found: Sequence[Fault]) -> tuple[Fault, ...]:
    """All faults in the order of the form; nothing is said of days that could not be read."""
    no_days = any(fault.path in ("first_day", "last_day") for fault in unread)
    kept = [f for f in found if not (no_days and f.path in ("first_day", "last_day"))]
    order = ("first_day", "last_day", "kind")

    def place(fault: Fault) -> int:
        return order.index(fault.path) if fault.path in order else len(order)

    return tuple(sorted([*unread, *kept], key=place))
