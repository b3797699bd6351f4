"""Checks a definition against the real organisation, on every day on which it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition import cautions
from workflow.definition.cautions import Doubt
from workflow.definition.checker import Office, Refutation, check
from workflow.definition.exploration import MOST_SITUATIONS, TooWide
from workflow.definition.model import Definition
from workflow.errors import BadInput
from workflow.policy import Permission
from workflow.services import roster

_KINDS = sa.text("""
SELECT m.lead_section_id, m.responsible_department_id, t.policy_bureau_id, d.related,
       string_agg(m.code, ', ' ORDER BY m.code) AS codes
FROM measure m CROSS JOIN municipality t
CROSS JOIN LATERAL (
    SELECT ARRAY(SELECT r.unit_id FROM measure_related_department r
                 WHERE r.measure_id = m.id ORDER BY r.position) AS related
) d
GROUP BY 1, 2, 3, 4 ORDER BY 5
""")
_DAYS = sa.text("""
SELECT DISTINCT day FROM (
    SELECT CAST(:today AS date) AS day
    UNION SELECT valid_from FROM assignment UNION SELECT valid_until + 1 FROM assignment
    UNION SELECT valid_from FROM post UNION SELECT valid_until + 1 FROM post
    UNION SELECT valid_from FROM role_grant UNION SELECT valid_until + 1 FROM role_grant
    UNION SELECT first_day FROM absence WHERE ended_at IS NULL
    UNION SELECT last_day + 1 FROM absence WHERE ended_at IS NULL
) changes
WHERE day >= :today ORDER BY day
""")


@dataclass(frozen=True)
class Finding:
    """A refutation, and for which sheets and from which day it holds."""

    day: date
    measures: str
    refutation: Refutation


@dataclass(frozen=True)
class Warned:
    """What is warned of, for which sheets (empty: whatever the sheet) and from which day on."""

    day: date
    measures: str
    doubt: Doubt


@dataclass(frozen=True)
class CheckReport:
    """What was looked at, what does not hold, and what is odd.

    Attributes:
        offices: combinations of lead section, department, bureau and day that were explored.
        situations: situations over all of them (the bound of the proof).
    """

    definition: str
    offices: int
    situations: int
    days: tuple[date, ...]
    findings: tuple[Finding, ...]
    warnings: tuple[Warned, ...]


def check_definition(ctx: Context, definition: Definition) -> CheckReport:
    """Explore *definition* for every kind of sheet in the organisation, from today on.

    The same refutation or warning for the same sheets is told once, on the first day on which it
    holds.

    Raises:
        Refused: no right to read.
        BadInput: ``route_too_wide``: more situations than can be looked at; nothing is proved.
    """
    ctx.require(Permission.READ)
    days = tuple(ctx.execute(_DAYS, {"today": ctx.today}).scalars())
    findings: dict[tuple[str, Refutation], Finding] = {}
    warned: dict[tuple[str, Doubt], Warned] = {}
    reached: set[str] = set()
    offices = situations = 0
    for day in days:
        for codes, office in offices_on(ctx, definition, day):
            try:
                proof = check(office)
            except TooWide as error:
                raise BadInput(
                    "route_too_wide", name=definition.name, most=MOST_SITUATIONS, codes=codes
                ) from error
            offices += 1
            situations += proof.situations
            for refutation in proof.refutations:
                findings.setdefault((codes, refutation), Finding(day, codes, refutation))
            reached |= proof.reached
            for doubt in proof.doubts:
                warned.setdefault((codes, doubt), Warned(day, codes, doubt))
    always = tuple(
        Warned(days[0], "", doubt) for doubt in cautions.of_route(definition, frozenset(reached))
    )
    return CheckReport(
        definition.name,
        offices,
        situations,
        days,
        tuple(findings.values()),
        (*always, *warned.values()),
    )


def offices_on(ctx: Context, definition: Definition, day: date) -> Iterator[tuple[str, Office]]:
    """Each kind of sheet as it would go on *day*: the codes of its measures, and its office."""
    for kind in ctx.execute(_KINDS).all():
        units = {
            "lead_section": kind.lead_section_id,
            "responsible_department": kind.responsible_department_id,
            "policy_bureau": kind.policy_bureau_id,
        }
        asked = [u for u in (*units.values(), *kind.related) if u]
        people = roster.roster_of(ctx, asked, day=day)
        yield kind.codes, Office(definition, units, people, tuple(kind.related))
