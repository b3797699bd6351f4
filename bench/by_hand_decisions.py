"""One decision written by hand: plain psycopg, prepared, one statement per step.

What a careful engineer would write who knows the one route and puts its rules into the code: the
evaluation under its lock with all that must be known, the people of its units, then one statement
for each table that changes, in one transaction. The chain is made by the database's
``append_events``, as for everybody: nobody else may write events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from workflow.policy import Actor

_TOKYO = ZoneInfo("Asia/Tokyo")

# Alone on purpose: what a statement reads after it has waited for a lock is older than the lock.
_LOCK = "SELECT 1 FROM evaluation WHERE id = %(id)s FOR UPDATE"
_READ = """
SELECT e.state, e.round, e.version, e.content_hash, e.cycle_id, e.lead_section_id,
       e.responsible_department_id, m.policy_bureau_id, transaction_clock(),
       ARRAY(SELECT a.person_id FROM authorship a WHERE a.evaluation_id = e.id),
       ARRAY(SELECT g.person_id FROM signature g
             WHERE g.evaluation_id = e.id AND g.round = e.round AND g.voided_at IS NULL),
       EXISTS (SELECT 1 FROM event v
               WHERE v.evaluation_id = e.id AND v.request_key = %(request_key)s)
FROM evaluation e JOIN municipality m ON m.id = 1
WHERE e.id = %(id)s
"""
_PEOPLE = """
SELECT o.unit_id, o.rank, p.id, a.id, p.name, u.name, o.title
FROM post o
JOIN assignment a ON a.post_id = o.id
JOIN person p ON p.id = a.person_id
JOIN org_unit u ON u.id = o.unit_id
WHERE o.unit_id = ANY (%(units)s) AND p.disabled_at IS NULL
  AND o.valid_from <= %(today)s AND (o.valid_until IS NULL OR o.valid_until >= %(today)s)
  AND a.valid_from <= %(today)s AND (a.valid_until IS NULL OR a.valid_until >= %(today)s)
UNION ALL
SELECT NULL, 'publisher', p.id, NULL, p.name, '', ''
FROM role_grant g JOIN person p ON p.id = g.person_id
WHERE g.role = 'publisher' AND p.disabled_at IS NULL
  AND g.valid_from <= %(today)s AND (g.valid_until IS NULL OR g.valid_until >= %(today)s)
"""
_EVENT = """
SELECT event_id FROM append_events(
    ARRAY[%(id)s]::bigint[], 'approve', %(to)s, %(person)s, %(assignment)s, %(capacity)s,
    NULL, NULL, '', %(request_key)s, %(basis)s)
"""
_STATE = """
UPDATE evaluation SET state = %(to)s, version = version + 1,
       final_approved_at = CASE WHEN %(final)s THEN %(now)s ELSE final_approved_at END
WHERE id = %(id)s
"""
_SIGN = """
INSERT INTO signature (evaluation_id, round, stage, person_id, content_hash, event_id)
VALUES (%(id)s, %(round)s, %(from)s, %(person)s, %(content_hash)s, %(event)s)
"""
_LEAVE = """
UPDATE stage_entry SET left_at = %(now)s WHERE evaluation_id = %(id)s AND left_at IS NULL
RETURNING id
"""
_SETTLE = """
UPDATE timer SET settled_at = %(now)s, outcome = 'superseded'
WHERE stage_entry_id = %(left)s AND settled_at IS NULL
"""
_ENTER = """
INSERT INTO stage_entry (evaluation_id, stage, round, entered_at, entered_by, due_on, due_at)
SELECT %(id)s, %(to)s, %(round)s, %(now)s, %(person)s, due_on, due_at
FROM cycle_deadline WHERE cycle_id = %(cycle)s AND stage = %(to)s
RETURNING id
"""
_START = """
INSERT INTO timer (evaluation_id, stage_entry_id, kind, rung, due_at)
SELECT %(id)s, %(entered)s, kind, rung, due_at
FROM cycle_rung
WHERE cycle_id = %(cycle)s AND stage = %(to)s AND (kind <> 'reminder' OR due_at >= %(now)s)
"""
_TELL = """
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at)
SELECT 'your_turn', %(id)s, %(entered)s, recipient, %(now)s
FROM unnest(%(recipients)s::bigint[]) recipient
"""
# The writes again, for the side that is beside: all tables in one statement.
_AT_ONCE = """
WITH moved AS (
    UPDATE evaluation SET state = %(to)s, version = version + 1,
           final_approved_at = CASE WHEN %(final)s THEN %(now)s ELSE final_approved_at END
    WHERE id = %(id)s
), signed AS (
    INSERT INTO signature (evaluation_id, round, stage, person_id, content_hash, event_id)
    VALUES (%(id)s, %(round)s, %(from)s, %(person)s, %(content_hash)s, %(event)s)
), gone AS (
    UPDATE stage_entry SET left_at = %(now)s WHERE evaluation_id = %(id)s AND left_at IS NULL
    RETURNING id
), settled AS (
    UPDATE timer t SET settled_at = %(now)s, outcome = 'superseded'
    FROM gone WHERE t.stage_entry_id = gone.id AND t.settled_at IS NULL
), entered AS (
    INSERT INTO stage_entry (evaluation_id, stage, round, entered_at, entered_by, due_on, due_at)
    SELECT %(id)s, %(to)s, %(round)s, %(now)s, %(person)s, d.due_on, d.due_at
    FROM gone, cycle_deadline d WHERE d.cycle_id = %(cycle)s AND d.stage = %(to)s
    RETURNING id
), started AS (
    INSERT INTO timer (evaluation_id, stage_entry_id, kind, rung, due_at)
    SELECT %(id)s, entered.id, r.kind, r.rung, r.due_at
    FROM entered, cycle_rung r
    WHERE r.cycle_id = %(cycle)s AND r.stage = %(to)s
      AND (r.kind <> 'reminder' OR r.due_at >= %(now)s)
)
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at)
SELECT 'your_turn', %(id)s, entered.id, recipient, %(now)s
FROM entered, unnest(%(recipients)s::bigint[]) recipient
"""


@dataclass(frozen=True)
class Wanted:
    """One approval that somebody asks for, as the form on the page holds it."""

    evaluation_id: int
    version: int
    content_hash: bytes
    request_key: str
    actor: Actor


class NotAllowed(Exception):
    """The approval is not possible; nothing was written."""


def approve(connection: psycopg.Connection, wanted: Wanted, *, at_once: bool = False) -> None:
    """Approve a sheet at its stage, in a transaction of its own.

    Args:
        at_once: write all tables but the event's in one statement; fewer round trips, and no
            longer how one would write it by hand.

    Raises:
        NotAllowed: the state, the version, the content or the person does not fit.
    """
    with connection.cursor() as cursor:
        try:
            _approve(cursor, wanted, at_once)
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def _approve(cursor: psycopg.Cursor, wanted: Wanted, at_once: bool) -> None:
    key = {"id": wanted.evaluation_id, "request_key": wanted.request_key}
    cursor.execute(_LOCK, key, prepare=True)
    found = cursor.execute(_READ, key, prepare=True).fetchone()
    if found is None:
        raise NotAllowed("no such evaluation")
    state, round_, version, content_hash, cycle, lead, department, bureau, now = found[:9]
    authors, signers, answered = found[9:]
    if answered:
        return
    if (version, content_hash) != (wanted.version, wanted.content_hash):
        raise NotAllowed("the page is stale")
    today = now.astimezone(_TOKYO).date()
    people = cursor.execute(
        _PEOPLE, {"units": [lead, department, bureau], "today": today}, prepare=True
    ).fetchall()

    reviewers, approvers = _whose_turn(people, department, bureau, authors, signers)
    if state == "department_review":
        to, may, told = "bureau_approval", reviewers, approvers
    elif state == "bureau_approval":
        publishers = {row[2] for row in people if row[1] == "publisher"}
        to, may, told = "approved", approvers, publishers
    else:
        raise NotAllowed(state)
    person = wanted.actor.person_id
    if person not in may:
        raise NotAllowed("not this person's turn")
    values = {
        **key,
        "from": state,
        "to": to,
        "final": to == "approved",
        # 専決: the bureau's head decides in the mayor's place.
        "basis": "delegated" if to == "approved" else "own",
        "round": round_,
        "cycle": cycle,
        "now": now,
        "person": person,
        "assignment": wanted.actor.assignment_id,
        "capacity": wanted.actor.capacity,
        "content_hash": content_hash,
        "recipients": sorted(told - {person}),
    }
    values["event"] = _first(cursor, _EVENT, values)
    if at_once:
        cursor.execute(_AT_ONCE, values, prepare=True)
    else:
        _write(cursor, values)


def _whose_turn(
    people: Sequence[tuple[Any, ...]],
    department: int,
    bureau: int,
    authors: Sequence[int],
    signers: Sequence[int],
) -> tuple[set[int], set[int]]:
    """Who reviews and who approves. The bureau's own sheets are reviewed by its deputies."""

    def holders(unit: int, *ranks: str) -> set[int]:
        return {row[2] for row in people if row[0] == unit and row[1] in ranks} - set(authors)

    approvers = holders(bureau, "director", "section_chief") - set(signers)
    reviewers = holders(department, "director", "section_chief")
    if len(approvers) == 1:
        reviewers -= approvers
    return reviewers or holders(department, "deputy_director"), approvers


def _write(cursor: psycopg.Cursor, values: dict[str, Any]) -> None:
    """One statement for each table that changes."""
    cursor.execute(_STATE, values, prepare=True)
    cursor.execute(_SIGN, values, prepare=True)
    values["left"] = _first(cursor, _LEAVE, values)
    cursor.execute(_SETTLE, values, prepare=True)
    values["entered"] = _first(cursor, _ENTER, values)
    cursor.execute(_START, values, prepare=True)
    cursor.execute(_TELL, values, prepare=True)


def _first(cursor: psycopg.Cursor, statement: str, values: dict[str, Any]) -> Any:
    row = cursor.execute(statement, values, prepare=True).fetchone()
    assert row is not None
    return row[0]
