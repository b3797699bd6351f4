"""Checks the chain of events: everything that was written is still there, unchanged, in order.

The hashes are made in the database (``append_events``); they are checked here by another
implementation, from the stored texts alone.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC

import rfc8785
import sqlalchemy as sa

from workflow.application import Context
from workflow.policy import Permission

EventRow = sa.Row[tuple[object, ...]]
#: Works out from its columns what an event's text must say.
Told = Callable[[EventRow], dict[str, object]]
#: Rows fetched at a time.
BATCH = 5_000


#: The name of the installation's chain; evaluations' names have a year and a slash in them.
INSTALLATION = "installation"


@dataclass(frozen=True)
class Broken:
    """Where a chain does not hold: its first bad event, and what is wrong.

    ``evaluation`` is ``installation`` for the chain of accounts and rights.
    """

    evaluation: str
    sequence: int
    code: str


@dataclass(frozen=True)
class Verification:
    """What was looked at, and what does not hold."""

    evaluations: int
    events: int
    broken: tuple[Broken, ...]
    #: Events of the installation's own chain.
    installation_events: int = 0


_EVENTS = sa.text("""
SELECT e.key, v.sequence, v.canonical, v.previous_hash, v.hash, v.content_hash, v.narrative_hash,
       v.occurred_at, v.action, v.from_state, v.to_state, v.round, v.person_id, v.assignment_id,
       v.capacity, v.on_behalf_of, v.basis, v.revision_id, v.format_version,
       n.canonical AS narrative, n.disposed_at, t.body
FROM event v
JOIN evaluation e ON e.id = v.evaluation_id
LEFT JOIN event_narrative n ON n.event_id = v.id
LEFT JOIN content t ON t.hash = v.content_hash
ORDER BY v.evaluation_id, v.sequence
""")
_STATES = sa.text("""
SELECT e.key, e.state,
       (SELECT v.to_state FROM event v WHERE v.evaluation_id = e.id
        ORDER BY v.sequence DESC LIMIT 1) AS told
FROM evaluation e
""")


_INSTALLATION = sa.text("""
SELECT 'installation' AS key, v.sequence, v.canonical, v.previous_hash, v.hash, v.narrative_hash,
       v.occurred_at, v.action, v.person_id, v.assignment_id, v.capacity, v.concerns_id,
       v.details, v.format_version, NULL AS content_hash, NULL AS body,
       n.canonical AS narrative, n.disposed_at
FROM installation_event v LEFT JOIN installation_narrative n ON n.event_id = v.id
ORDER BY v.sequence
""")
# Rights and stopped accounts as they are, against the last that the chain tells of each.
_UNTOLD = sa.text("""
WITH told AS (
    SELECT DISTINCT ON (concerns_id, details ->> 'role', details ->> 'from')
           concerns_id AS person_id, details ->> 'role' AS role,
           CAST(details ->> 'from' AS date) AS valid_from,
           CAST(nullif(details ->> 'until', '') AS date) AS valid_until
    FROM installation_event WHERE action IN ('right_granted', 'right_changed')
    ORDER BY concerns_id, details ->> 'role', details ->> 'from', sequence DESC
), switched AS (
    SELECT DISTINCT ON (concerns_id) concerns_id AS id, action = 'account_stopped' AS stopped
    FROM installation_event WHERE action IN ('account_stopped', 'account_resumed')
    ORDER BY concerns_id, sequence DESC
)
SELECT 'right_untold' AS code
FROM role_grant g FULL JOIN told t USING (person_id, role, valid_from)
WHERE g.id IS NULL OR t.role IS NULL OR g.valid_until IS DISTINCT FROM t.valid_until
UNION
SELECT 'account_untold' FROM person p LEFT JOIN switched s ON s.id = p.id
WHERE (p.disabled_at IS NOT NULL) <> coalesce(s.stopped, false)
ORDER BY code
""")


def genesis(evaluation_key: str) -> bytes:
    """The hash that the first event of an evaluation follows."""
    return hashlib.sha256(f"hyoka-ledger-1:{evaluation_key}".encode()).digest()


def verify(ctx: Context) -> Verification:
    """Walk every chain.

    Raises:
        Refused: administrators, publishers and the shell only.
    """
    ctx.require(Permission.VERIFY_LEDGER)
    broken: dict[str, Broken] = {}
    events = _walk(_stream(ctx, _EVENTS), _told_by_columns, broken)
    own = _walk(_stream(ctx, _INSTALLATION), _told_of_installation, broken)
    for row in ctx.execute(_UNTOLD):
        broken.setdefault(INSTALLATION, Broken(INSTALLATION, 0, row.code))
    evaluations = 0
    for row in ctx.execute(_STATES):
        evaluations += 1
        if row.told != row.state:
            broken.setdefault(row.key, Broken(row.key, 0, "state_differs"))
    return Verification(evaluations, events, tuple(broken.values()), own)


def _walk(rows: Iterator[EventRow], told: Told, broken: dict[str, Broken]) -> int:
    """Note the first bad event of each chain; returns how many events there are."""
    expected: dict[str, tuple[int, bytes]] = {}
    events = 0
    for row in rows:
        events += 1
        sequence, previous = expected.get(row.key, (0, genesis(row.key)))
        code = _check(row, told, sequence + 1, previous)
        if code is not None:
            broken.setdefault(row.key, Broken(row.key, row.sequence, code))
        expected[row.key] = (row.sequence, row.hash)
    return events


def _stream(ctx: Context, statement: sa.TextClause) -> Iterator[EventRow]:
    options = {"stream_results": True, "yield_per": BATCH}
    with ctx.connection.execute(statement, execution_options=options) as result:
        yield from result


def _check(row: EventRow, expected: Told, sequence: int, previous: bytes) -> str | None:
    if row.sequence != sequence:
        return "event_missing"
    if row.previous_hash != previous:
        return "chain_broken"
    if hashlib.sha256(previous + row.canonical.encode()).digest() != row.hash:
        return "event_changed"
    try:
        told = json.loads(row.canonical)
        canonical = rfc8785.dumps(told)
    except (ValueError, rfc8785.CanonicalizationError):
        return "not_canonical"
    if canonical != row.canonical.encode():
        return "not_canonical"
    if told != expected(row):
        return "columns_differ"
    if row.narrative is None:
        return None if row.disposed_at is not None else "narrative_missing"
    if hashlib.sha256(row.narrative.encode()).digest() != row.narrative_hash:
        return "narrative_changed"
    if json.loads(row.narrative)["capacity"] != unicodedata.normalize("NFC", row.capacity):
        return "columns_differ"
    if row.body is not None and hashlib.sha256(row.body.encode()).digest() != row.content_hash:
        return "content_changed"
    return None


def _told_of_installation(row: EventRow) -> dict[str, object]:
    """The same for an event of the installation's chain."""
    return {
        "action": row.action,
        "assignment": row.assignment_id,
        "chain": INSTALLATION,
        "concerns": row.concerns_id,
        "details": row.details,
        "format_version": row.format_version,
        "narrative_hash": row.narrative_hash.hex(),
        "occurred_at": f"{row.occurred_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "person": row.person_id,
        "sequence": row.sequence,
    }


def _told_by_columns(row: EventRow) -> dict[str, object]:
    """What the canonical text must say, by the columns that pages and queries read."""
    # Version 1 did not say by what right somebody acted.
    basis = {"basis": row.basis} if row.format_version > 1 else {}
    return {
        **basis,
        "action": row.action,
        "assignment": row.assignment_id,
        "content_hash": row.content_hash.hex() if row.content_hash else None,
        "evaluation": row.key,
        "format_version": row.format_version,
        "from": row.from_state,
        "narrative_hash": row.narrative_hash.hex(),
        "occurred_at": f"{row.occurred_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "on_behalf_of": row.on_behalf_of,
        "person": row.person_id,
        "revision": row.revision_id,
        "round": row.round,
        "sequence": row.sequence,
        "to": row.to_state,
    }
