"""The first beat of every write: an evaluation under its lock, with all that deciding needs.

Three statements: the lock; the row with its stage, signatures and authors; the people of its
units. The lock stands alone on purpose: a statement that waits for a row goes on with the snapshot
that it began with, and would read the stage, the signatures and the answered forms of before the
wait (tests/concurrency/test_actions.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.facts import (
    EvaluationFacts,
    Grant,
    Hold,
    Holder,
    Kept,
    Rank,
    Reply,
    Roster,
    Signature,
    Verdict,
)
from workflow.definition.load import parse
from workflow.definition.model import Definition
from workflow.errors import NotFound
from workflow.policy import Actor
from workflow.services.roster import capacity, roster_of

_EVALUATION = """
SELECT e.id, e.key, e.code, e.cycle_id, e.state, e.round, e.version, e.revision_id,
       e.content_hash, e.subject_id, e.lead_section_id, e.responsible_department_id,
       m.policy_bureau_id, c.definition_hash, c.target_fiscal_year,
       s.id AS entry_id, s.entered_by, s.held_at, s.held_by,
       (SELECT h.name FROM person h WHERE h.id = s.held_by) AS held_by_name,
       (SELECT b.stage FROM stage_entry b WHERE b.evaluation_id = e.id AND b.id < s.id
        ORDER BY b.id DESC LIMIT 1) AS entered_from, s.first_opened_at, s.due_at,
       (SELECT coalesce(array_agg(a.person_id), '{}') FROM authorship a
        WHERE a.evaluation_id = e.id) AS authors,
       (SELECT coalesce(json_agg(json_build_array(
                   g.person_id, g.stage, g.round, encode(g.content_hash, 'hex'))), '[]')::text
        FROM signature g WHERE g.evaluation_id = e.id AND g.voided_at IS NULL) AS signatures,
       (SELECT coalesce(json_agg(json_build_array(
                   j.person_id, j.stage, j.verdict, encode(j.content_hash, 'hex'), j.unit_id,
                   j.post_id) ORDER BY j.id), '[]')::text
        FROM joint_reply j WHERE j.evaluation_id = e.id AND j.voided_at IS NULL) AS replies,
       ARRAY(SELECT d.unit_id FROM measure_related_department d
             WHERE e.subject_kind = 'measure' AND d.measure_id = e.subject_id
             ORDER BY d.position) AS related,
       (SELECT json_agg(json_build_array(
                   k.person_id, p.name, k.assignment_id, k.unit_id, k.rank, k.capacity,
                   k.is_kept AND p.disabled_at IS NULL AND NOT EXISTS (
                       SELECT 1 FROM absence x WHERE x.person_id = p.id AND x.ended_at IS NULL
                       AND x.first_day <= :today AND x.last_day >= :today))
                   ORDER BY k.person_id)::text
        FROM kept_step k JOIN person p ON p.id = k.person_id
        WHERE k.stage_entry_id = s.id) AS kept,
       (SELECT v.id FROM event v
        WHERE v.evaluation_id = e.id AND v.request_key = :request_key) AS answered_by
FROM evaluation e
JOIN evaluation_cycle c ON c.id = e.cycle_id
JOIN municipality m ON m.id = 1
LEFT JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE """
# One evaluation has texts of its own: for an array of unknown length PostgreSQL finds planning
# anew cheaper than keeping a plan, and planning takes longer than reading one evaluation.
_ONE = sa.text(_EVALUATION + "e.id = :id")
_SEVERAL = sa.text(_EVALUATION + "e.id = ANY (:ids) ORDER BY e.id")
_LOCK_ONE = sa.text("SELECT 1 FROM evaluation WHERE id = :id FOR UPDATE")
#: In the order of ids, so that two commands can never wait for each other.
_LOCK_SEVERAL = sa.text("SELECT 1 FROM evaluation WHERE id = ANY (:ids) ORDER BY id FOR UPDATE")

_DEFINITION = sa.text("SELECT source, name FROM pinned_definition WHERE content_hash = :hash")


@dataclass(frozen=True)
class LoadedEvaluation:
    """One evaluation as a command sees it."""

    id: int
    key: str
    code: str
    cycle_id: int
    version: int
    revision_id: int | None
    subject_id: int
    target_fiscal_year: int
    entry_id: int | None
    due_at: datetime | None
    #: The event that an earlier post of the same form wrote, if any.
    answered_by: int | None
    definition: Definition
    facts: EvaluationFacts

    def with_missing(self, count: int) -> LoadedEvaluation:
        """The same, with what keeps the sheet from being submitted counted."""
        return replace(self, facts=replace(self.facts, missing=count))


def evaluation(
    ctx: Context, evaluation_id: int, *, locked: bool = True, request_key: str | None = None
) -> LoadedEvaluation:
    """Load one evaluation; with ``locked`` nobody else changes it until the command ends.

    Raises:
        NotFound: ``no_such_evaluation``.
    """
    found = evaluations(ctx, [evaluation_id], locked=locked, request_key=request_key)
    if evaluation_id not in found:
        raise NotFound("no_such_evaluation")
    return found[evaluation_id]


def evaluations(
    ctx: Context, ids: Sequence[int], *, locked: bool, request_key: str | None = None
) -> dict[int, LoadedEvaluation]:
    """Load several evaluations in few statements, whatever their number; unknown ids are left out.

    The roster is shared: it holds the people of all their units, and selectors look at units.
    """
    rows = _rows(ctx, ids, locked=locked, request_key=request_key)
    units = {row.id: _units(row) for row in rows}
    asked = {unit for named in units.values() for unit in named.values() if unit}
    asked |= {unit for row in rows for unit in row.related}
    everybody = roster_of(ctx, sorted(asked))
    return {row.id: _loaded(ctx, row, units[row.id], everybody) for row in rows}


def _rows(
    ctx: Context, ids: Sequence[int], *, locked: bool, request_key: str | None
) -> Sequence[sa.Row[Any]]:
    values = {"request_key": request_key, "today": ctx.today}
    if len(ids) == 1:
        if locked:
            ctx.execute(_LOCK_ONE, {"id": ids[0]})
        return ctx.execute(_ONE, {"id": ids[0], **values}).all()
    if locked:
        ctx.execute(_LOCK_SEVERAL, {"ids": list(ids)})
    return ctx.execute(_SEVERAL, {"ids": list(ids), **values}).all()


def _units(row: sa.Row[Any]) -> dict[str, int | None]:
    return {
        "lead_section": row.lead_section_id,
        "responsible_department": row.responsible_department_id,
        "policy_bureau": row.policy_bureau_id,
    }


def _loaded(
    ctx: Context, row: sa.Row[Any], units: Mapping[str, int | None], everybody: Roster
) -> LoadedEvaluation:
    facts = EvaluationFacts(
        state=row.state,
        round=row.round,
        units=units,
        related=tuple(row.related),
        authors=frozenset(row.authors),
        signatures=tuple(
            Signature(person, stage, number, bytes.fromhex(content))
            for person, stage, number, content in json.loads(row.signatures)
        ),
        replies=tuple(
            Reply(person, stage, Verdict(verdict), bytes.fromhex(content), unit, post)
            for person, stage, verdict, content, unit, post in json.loads(row.replies)
        ),
        first_opened_at=row.first_opened_at,
        hold=Hold(row.held_by, row.held_by_name, row.held_at) if row.held_at else None,
        entered_by=row.entered_by,
        entered_from=row.entered_from,
        content_hash=row.content_hash,
        kept=_kept(row),
        roster=everybody,
    )
    return LoadedEvaluation(
        id=row.id,
        key=row.key,
        code=row.code,
        cycle_id=row.cycle_id,
        version=row.version,
        revision_id=row.revision_id,
        subject_id=row.subject_id,
        target_fiscal_year=row.target_fiscal_year,
        entry_id=row.entry_id,
        due_at=row.due_at,
        answered_by=row.answered_by,
        definition=definition(ctx, row.definition_hash),
        facts=facts,
    )


def _kept(row: sa.Row[Any]) -> Kept | None:
    """Who keeps the step over a reorganisation; whoever is away today leaves it to the others."""
    if row.kept is None:
        return None
    people = json.loads(row.kept)
    return Kept(
        stage=row.state,
        holders=tuple(
            Holder(person, name, assignment, unit, Rank(rank) if rank else None, title, kept=True)
            for person, name, assignment, unit, rank, title, keeps in people
            if keeps
        ),
        waiting=frozenset(person for person, *_rest in people),
    )


#: Texts by their hash: a pinned definition never changes, so a process reads each one once.
_known: dict[bytes, Definition] = {}


def definition(ctx: Context, content_hash: bytes) -> Definition:
    """The definition that a cycle pinned, by its content hash."""
    known = _known.get(content_hash)
    if known is None:
        row = ctx.execute(_DEFINITION, {"hash": content_hash}).one()
        known = _known[content_hash] = parse(row.source, file=f"{row.name}.toml")
    return known


#: Person ``p`` as an actor, as columns; the statement says who, and where from.
ACTOR = """p.id, p.name, p.disabled_at,
       (SELECT coalesce(json_agg(json_build_array(
                   a.id, o.unit_id, u.name, o.title, a.is_primary, o.rank)
                   ORDER BY a.is_primary DESC, a.id), '[]')::text
        FROM assignment a JOIN post o ON o.id = a.post_id JOIN org_unit u ON u.id = o.unit_id
        WHERE a.person_id = p.id
          AND o.valid_from <= :today AND (o.valid_until IS NULL OR o.valid_until >= :today)
          AND a.valid_from <= :today AND (a.valid_until IS NULL OR a.valid_until >= :today)
       ) AS posts,
       (SELECT coalesce(array_agg(g.role), '{}') FROM role_grant g
        WHERE g.person_id = p.id AND g.valid_from <= :today
          AND (g.valid_until IS NULL OR g.valid_until >= :today)) AS grants,
       (SELECT must_change FROM credential WHERE person_id = p.id) AS must_change"""
_ACTOR = sa.text(f"SELECT {ACTOR} FROM person p WHERE p.id = :person")  # noqa: S608 - our own


@dataclass(frozen=True)
class OwnPost:
    """One of a person's posts of today."""

    assignment_id: int
    unit_id: int
    capacity: str
    is_primary: bool
    rank: Rank


def actor(
    ctx: Context, person_id: int, assignment_id: int | None
) -> tuple[Actor, tuple[OwnPost, ...]] | None:
    """The person as an actor in the chosen post (else the primary one), and all posts of today.

    None for somebody who is unknown or whose account was disabled.
    """
    row = ctx.execute(_ACTOR, {"person": person_id, "today": ctx.today}).one_or_none()
    return None if row is None else actor_of(ctx, row, assignment_id)


def actor_of(
    ctx: Context, row: sa.Row[Any], assignment_id: int | None
) -> tuple[Actor, tuple[OwnPost, ...]] | None:
    """The same from a row with the columns of ``ACTOR``."""
    if row.disabled_at is not None:
        return None
    posts = tuple(_own_post(item) for item in json.loads(row.posts))
    chosen = next((post for post in posts if post.assignment_id == assignment_id), None)
    if chosen is None and posts:
        chosen = posts[0]
    return (
        Actor(
            person_id=row.id,
            name=row.name,
            assignment_id=chosen.assignment_id if chosen else None,
            unit_id=chosen.unit_id if chosen else None,
            capacity=chosen.capacity if chosen else "",
            grants=frozenset(Grant(role) for role in row.grants),
            other_units=frozenset(p.unit_id for p in posts if p is not chosen),
            must_change_password=bool(row.must_change) and not ctx.settings.keep_one_time_passwords,
        ),
        posts,
    )


def _own_post(item: list[Any]) -> OwnPost:
    assignment_id, unit_id, unit_name, title, is_primary, rank = item
    return OwnPost(assignment_id, unit_id, capacity(unit_name, title), is_primary, Rank(rank))
