"""The day of a reorganisation: measures and open sheets go to the successors, exactly once.

Posts and people change by their dates. The units of measures and sheets have none, so the tick
carries a due reorganisation out: it locks the row, hands over, writes one event ``change_hands``
per sheet whose unit or whose present people change, and tells those whose turn it now is. Sheets
that are closed keep the units under which they were published.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import sqlalchemy as sa
import structlog

from workflow.application import Application, Context
from workflow.calendar.era import japanese_date
from workflow.definition.eligibility import eligible
from workflow.definition.facts import Holder
from workflow.models import OfficeAct
from workflow.policy import SYSTEM, Permission
from workflow.services import (
    isolation,
    kept_steps,
    loading,
    office_record,
    recording,
    reorganisation_gaps,
)
from workflow.services.kept_steps import without_absences
from workflow.services.loading import LoadedEvaluation
from workflow.services.office_record import Act
from workflow.services.roster import roster_of

log = structlog.get_logger(__name__)

#: People named on each side of a hand-over; the rest is counted.
MOST_NAMED = 3

LOCK = sa.text("SELECT 1 FROM municipality WHERE id = 1 FOR UPDATE")
_DUE = sa.text("""
SELECT id FROM reorganisation WHERE state = 'scheduled' AND effective_on <= :today
ORDER BY effective_on
""")
_TAKE = sa.text("""
SELECT id, effective_on, decided FROM reorganisation
WHERE id = :id AND state = 'scheduled' AND effective_on <= :today FOR UPDATE
""")
_LOCK_SHEETS = sa.text("""
SELECT id FROM evaluation WHERE closed_at IS NULL ORDER BY id FOR UPDATE
""")
_SHEETS = sa.text("""
WITH gone AS (
    SELECT id, successor_id FROM org_unit WHERE ended_by = :by AND successor_id IS NOT NULL
)
UPDATE evaluation e SET
    lead_section_id = coalesce(l.successor_id, e.lead_section_id),
    responsible_department_id = coalesce(r.successor_id, e.responsible_department_id),
    version = e.version + 1
FROM evaluation x
LEFT JOIN gone l ON l.id = x.lead_section_id
LEFT JOIN gone r ON r.id = x.responsible_department_id
WHERE x.id = e.id AND e.closed_at IS NULL AND (l.id IS NOT NULL OR r.id IS NOT NULL)
""")
_MEASURES = sa.text("""
WITH gone AS (
    SELECT id, successor_id FROM org_unit WHERE ended_by = :by AND successor_id IS NOT NULL
)
UPDATE measure m SET
    lead_section_id = coalesce(l.successor_id, m.lead_section_id),
    responsible_department_id = coalesce(r.successor_id, m.responsible_department_id)
FROM measure x
LEFT JOIN gone l ON l.id = x.lead_section_id
LEFT JOIN gone r ON r.id = x.responsible_department_id
WHERE x.id = m.id AND (l.id IS NOT NULL OR r.id IS NOT NULL)
""")
# Two departments that merge may both have been named: the first place is kept. The lists follow
# in statements of their own, since a row that is changed and deleted in one is only changed.
_LISTS = tuple(
    sa.text(statement)
    for statement in (
        """
        UPDATE measure_related_department d SET unit_id = u.successor_id FROM org_unit u
        WHERE u.id = d.unit_id AND u.ended_by = :by AND u.successor_id IS NOT NULL
        """,
        """
        DELETE FROM measure_related_department d USING measure_related_department f
        WHERE f.measure_id = d.measure_id AND f.unit_id = d.unit_id AND f.position < d.position
        """,
        """
        UPDATE project_section s SET unit_id = u.successor_id FROM org_unit u
        WHERE u.id = s.unit_id AND u.ended_by = :by AND u.successor_id IS NOT NULL
        """,
        """
        DELETE FROM project_section s USING project_section f
        WHERE f.project_id = s.project_id AND f.unit_id = s.unit_id AND f.position < s.position
        """,
        """
        UPDATE joint_reply j SET unit_id = u.successor_id FROM org_unit u, evaluation e
        WHERE u.id = j.unit_id AND u.ended_by = :by AND u.successor_id IS NOT NULL
          AND e.id = j.evaluation_id AND e.closed_at IS NULL
        """,
        """
        UPDATE municipality m SET policy_bureau_id = u.successor_id FROM org_unit u
        WHERE m.id = 1 AND u.id = m.policy_bureau_id AND u.ended_by = :by
          AND u.successor_id IS NOT NULL
        """,
    )
)
_RETIRE = sa.text("""
UPDATE person SET disabled_at = :now WHERE id = ANY (:ids) AND disabled_at IS NULL RETURNING id
""")
_END_SESSIONS = sa.text("""
UPDATE user_session SET ended_at = :now, ended_by = :by
WHERE person_id = ANY (:ids) AND ended_at IS NULL
""")
_COME_BACK = sa.text("""
UPDATE person SET disabled_at = NULL
WHERE sign_in_name = ANY (:names) AND disabled_at IS NOT NULL RETURNING id
""")
_DONE = sa.text("""
UPDATE reorganisation SET state = 'carried_out', carried_out_at = :now, handed_over = :count
WHERE id = :id
""")
_YOUR_TURN = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at)
SELECT 'your_turn', r.evaluation, r.entry, r.person, :now
FROM unnest(CAST(:evaluations AS bigint[]), CAST(:entries AS bigint[]), CAST(:people AS bigint[]))
     AS r(evaluation, entry, person)
ON CONFLICT DO NOTHING
""")
_NOBODY = sa.text("""
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at)
SELECT 'nobody_left', r.evaluation, r.entry, g.person_id, :now
FROM unnest(CAST(:evaluations AS bigint[]), CAST(:entries AS bigint[])) AS r(evaluation, entry)
CROSS JOIN role_grant g JOIN person p ON p.id = g.person_id
WHERE g.role = 'administrator' AND p.disabled_at IS NULL
  AND g.valid_from <= :today AND (g.valid_until IS NULL OR g.valid_until >= :today)
ON CONFLICT DO NOTHING
""")
_SUCCESSORS = sa.text("SELECT id, successor_id FROM org_unit WHERE ended_by = :by")
_UNIT_NAMES = sa.text("SELECT id, name FROM org_unit")

_ROLES = {"lead_section": "主担当課", "responsible_department": "評価部局"}


def carry_out_due(application: Application) -> int:
    """Carry out every reorganisation whose day has come; returns how many.

    Raises:
        RowsFailed: one failed; it is tried again at the next tick, and keeps nothing else back.
    """
    with application.query(SYSTEM) as ctx:
        due = list(ctx.execute(_DUE, {"today": ctx.today}).scalars())

    def work(ctx: Context, reorganisation_id: int) -> int:
        ctx.require(Permission.RUN_ENGINE)
        return carry_out(ctx, reorganisation_id)

    return isolation.each(application, "reorganisation", due, work)


def carry_out(ctx: Context, reorganisation_id: int) -> bool:
    """Hand over what the reorganisation's units had; False when it is not due (any more).

    The caller has asked the policy: the tick as the engine, the confirmation as an administrator.
    """
    ctx.execute(LOCK)
    row = ctx.execute(_TAKE, {"id": reorganisation_id, "today": ctx.today}).one_or_none()
    if row is None:
        return False
    sheets = list(ctx.execute(_LOCK_SHEETS).scalars())
    before = _as_on(ctx, sheets, row.effective_on - timedelta(days=1))

    for statement in (_SHEETS, _MEASURES, *_LISTS):
        ctx.execute(statement, {"by": row.id})
    left = ctx.execute(_RETIRE, {"ids": row.decided["retired"], "now": ctx.now}).scalars().all()
    ctx.execute(
        _END_SESSIONS,
        {"ids": row.decided["retired"], "now": ctx.now, "by": ctx.actor.person_id},
    )
    names = [who["sign_in_name"] for who in row.decided["hired"]]
    back = ctx.execute(_COME_BACK, {"names": names}).scalars().all()
    office_record.record(
        ctx,
        [Act(OfficeAct.ACCOUNT_STOPPED, person) for person in sorted(left)]
        + [Act(OfficeAct.ACCOUNT_RESUMED, person) for person in sorted(back)],
        planned=True,
    )

    reorganisation_gaps.carry_substitutes(ctx, row.id)

    after = loading.evaluations(ctx, sheets, locked=False) if sheets else {}
    owners = {unit.id: unit.successor_id for unit in ctx.execute(_SUCCESSORS, {"by": row.id})}
    kept_steps.keep(ctx, row.id, before, after, owners)
    after = loading.evaluations(ctx, sheets, locked=False) if sheets else {}
    changed = _record(ctx, before, after, row.effective_on)
    ctx.execute(_DONE, {"id": row.id, "now": ctx.now, "count": changed})
    ctx.ring_after_commit("tasks.gather_notices")
    log.info("reorganisation_carried_out", reorganisation=row.id, sheets=changed)
    return True


def _as_on(ctx: Context, sheets: Sequence[int], day: date) -> dict[int, LoadedEvaluation]:
    """The sheets with the people of another day."""
    if not sheets:
        return {}
    loaded = loading.evaluations(ctx, sheets, locked=False)
    units = {unit for item in loaded.values() for unit in item.facts.units.values() if unit}
    units |= {unit for item in loaded.values() for unit in item.facts.related}
    people = roster_of(ctx, sorted(units), day=day)
    return {
        key: replace(item, facts=replace(item.facts, roster=people)) for key, item in loaded.items()
    }


def _holders(loaded: LoadedEvaluation) -> tuple[Holder, ...]:
    stage = loaded.definition.stage(loaded.facts.state)
    return eligible(loaded.definition, stage, without_absences(loaded.facts)).holders


def _record(
    ctx: Context,
    before: Mapping[int, LoadedEvaluation],
    after: Mapping[int, LoadedEvaluation],
    day: date,
) -> int:
    """An event for each sheet that changed hands, and notices; returns how many sheets."""
    names = {row.id: row.name for row in ctx.execute(_UNIT_NAMES)}
    told: dict[tuple[str, str], list[int]] = defaultdict(list)
    turns: list[tuple[int, int, int]] = []
    stuck: list[tuple[int, int]] = []
    for key, new in after.items():
        old = before[key]
        had, has = _holders(old), _holders(new)
        parts = [
            f"{word}: {names[old_unit]} → {names[new_unit]}"
            for role, word in _ROLES.items()
            if (old_unit := old.facts.units[role]) != (new_unit := new.facts.units[role])
            and old_unit is not None
            and new_unit is not None
        ]
        newly = {h.person_id for h in has} - {h.person_id for h in had}
        left = {h.person_id for h in had} - {h.person_id for h in has}
        if newly or left:
            parts.append(_people(new, had, has))
        if not parts:
            continue
        reason = f"{japanese_date(day, weekday=False)}の組織改編・異動。" + "、".join(parts)
        told[(new.facts.state, reason)].append(key)
        if new.entry_id is not None:
            turns += [(key, new.entry_id, person) for person in sorted(newly)]
            if not has:
                stuck.append((key, new.entry_id))
    for (state, reason), keys in told.items():
        recording.append(
            ctx, keys, action="change_hands", to_state=state, holder=None, reason=reason
        )
    _tell(ctx, turns, stuck)
    return sum(len(keys) for keys in told.values())


def _people(loaded: LoadedEvaluation, had: Sequence[Holder], has: Sequence[Holder]) -> str:
    """Who leaves and who joins the present stage, in words; a name or two out of many."""

    def those(holders: Sequence[Holder], others: Sequence[Holder]) -> str:
        elsewhere = {holder.person_id for holder in others}
        found = [holder for holder in holders if holder.person_id not in elsewhere]
        named = "・".join(f"{holder.title} {holder.name}" for holder in found[:MOST_NAMED])
        more = len(found) - MOST_NAMED
        return (named + (f" ほか{more}名" if more > 0 else "")) or "なし"

    label = loaded.definition.stage(loaded.facts.state).label
    told = f"{label}を離れる職員: {those(had, has)}、加わる職員: {those(has, had)}"
    return told if has else f"{told}（処理できる職員がいません）"


def _tell(
    ctx: Context, turns: Sequence[tuple[int, int, int]], stuck: Sequence[tuple[int, int]]
) -> None:
    if turns:
        evaluations, entries, people = (list(column) for column in zip(*turns, strict=True))
        ctx.execute(
            _YOUR_TURN,
            {"evaluations": evaluations, "entries": entries, "people": people, "now": ctx.now},
        )
    if stuck:
        evaluations, entries = (list(column) for column in zip(*stuck, strict=True))
        ctx.execute(
            _NOBODY,
            {"evaluations": evaluations, "entries": entries, "now": ctx.now, "today": ctx.today},
        )
