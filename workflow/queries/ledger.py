"""Checks the chain of events: everything that was written is still there, unchanged, in order.

The hashes are made in the database (``append_events``); they are checked here by another
implementation, from the stored texts alone.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

import rfc8785
import sqlalchemy as sa

from workflow.application import Context
from workflow.policy import Permission

#: Rows fetched at a time.
BATCH = 5_000


@dataclass(frozen=True)
class Broken:
    """Where a chain does not hold: the first bad event of an evaluation, and what is wrong."""

    evaluation: str
    sequence: int
    code: str


@dataclass(frozen=True)
class Verification:
    """What was looked at, and what does not hold."""

    evaluations: int
    events: int
    broken: tuple[Broken, ...]


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
    expected: dict[str, tuple[int, bytes]] = {}
    events = 0
    for row in _stream(ctx):
        events += 1
        sequence, previous = expected.get(row.key, (0, genesis(row.key)))
        code = _check(row, sequence + 1, previous)
        if code is not None:
            broken.setdefault(row.key, Broken(row.key, row.sequence, code))
        expected[row.key] = (row.sequence, row.hash)
    evaluations = 0
    for row in ctx.execute(_STATES):
        evaluations += 1
        if row.told != row.state:
            broken.setdefault(row.key, Broken(row.key, 0, "state_differs"))
    return Verification(evaluations, events, tuple(broken.values()))


def _stream(ctx: Context) -> Iterator[sa.Row[tuple[object, ...]]]:
    options = {"stream_results": True, "yield_per": BATCH}
    with ctx.connection.execute(_EVENTS, execution_options=options) as result:
        yield from result


def _check(row: sa.Row[tuple[object, ...]], sequence: int, previous: bytes) -> str | None:
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
    if told != _told_by_columns(row):
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


def _told_by_columns(row: sa.Row[tuple[object, ...]]) -> dict[str, object]:
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
