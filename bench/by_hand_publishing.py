"""Publishing written by hand: plain psycopg, one set-based statement per table, one transaction.

What somebody would write who may do everything and needs no progress, no second attempt and no
time set in advance. It writes the events itself, as the owner of the tables (the application's
role may not), with the same canonical texts and the same chain as ``append_events``: so a slow
``append_events`` would show in the ratio.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Any

import psycopg

from workflow.policy import Actor

_CYCLE = """
SELECT current_publication_id, clock_timestamp() FROM evaluation_cycle WHERE id = %s FOR UPDATE
"""
_MAY = """
SELECT 1 FROM role_grant
WHERE person_id = %(person)s AND role = 'publisher' AND valid_from <= %(today)s
  AND (valid_until IS NULL OR valid_until >= %(today)s)
"""
_LOCK = "SELECT id FROM evaluation WHERE id = ANY (%s) ORDER BY id FOR UPDATE"
_APPROVED = """
SELECT count(*) FROM (
    SELECT e.id FROM evaluation e
    JOIN signature g ON g.evaluation_id = e.id AND g.round = e.round AND g.voided_at IS NULL
    WHERE e.id = ANY (%(ids)s) AND e.cycle_id = %(cycle)s AND e.state = 'approved'
    GROUP BY e.id HAVING bool_and(g.content_hash = e.content_hash)
) approved
"""
_PUBLICATION = """
INSERT INTO publication (cycle_id, version, supersedes_id, state, publish_at, requested_at,
                         requested_by, requested_as, capacity, request_key, total, built)
SELECT %(cycle)s, 1 + coalesce(max(version), 0), %(supersedes)s, 'ready', %(now)s, %(now)s,
       %(person)s, %(assignment)s, %(capacity)s, %(request_key)s, %(count)s, %(count)s
FROM publication WHERE cycle_id = %(cycle)s
RETURNING id
"""
_ITEMS = """
INSERT INTO publication_item (publication_id, evaluation_id, content_hash)
SELECT %(publication)s, id, content_hash FROM evaluation WHERE id = ANY (%(ids)s)
"""
_CARRIED = """
INSERT INTO snapshot (publication_id, evaluation_id, code, content_hash, approved_at,
                      first_published_at)
SELECT %(publication)s, s.evaluation_id, s.code, s.content_hash, s.approved_at,
       coalesce(s.first_published_at, p.published_at)
FROM snapshot s JOIN publication p ON p.id = s.publication_id
WHERE s.publication_id = %(supersedes)s AND s.evaluation_id <> ALL (%(ids)s)
"""
_SNAPSHOTS = """
INSERT INTO snapshot (publication_id, evaluation_id, code, content_hash, approved_at)
SELECT %(publication)s, id, code, content_hash, final_approved_at
FROM evaluation WHERE id = ANY (%(ids)s)
"""
# The texts of a narrative and of an event, ready but for what differs from sheet to sheet.
_EVENTS = """
WITH last AS MATERIALIZED (
    SELECT DISTINCT ON (evaluation_id) evaluation_id, sequence, hash
    FROM event WHERE evaluation_id = ANY (%(ids)s) ORDER BY evaluation_id, sequence DESC
), salted AS MATERIALIZED (
    SELECT e.id, e.key, e.round, e.revision_id, e.content_hash, last.sequence + 1 AS sequence,
           last.hash AS previous, %(narrative)s || gen_random_uuid() || '"}' AS narrative
    FROM evaluation e JOIN last ON last.evaluation_id = e.id
    WHERE e.id = ANY (%(ids)s)
), hashed AS MATERIALIZED (
    SELECT *, sha256(convert_to(narrative, 'UTF8')) AS narrative_hash FROM salted
), worded AS MATERIALIZED (
    SELECT *, %(head)s || ',"content_hash":"' || encode(content_hash, 'hex')
           || '","evaluation":' || to_json(key)
           || ',"format_version":2,"from":"approved","narrative_hash":"'
           || encode(narrative_hash, 'hex') || %(middle)s || revision_id
           || ',"round":' || round || ',"sequence":' || sequence || ',"to":"published"}'
           AS canonical
    FROM hashed
), appended AS (
    INSERT INTO event (evaluation_id, sequence, occurred_at, action, from_state, to_state, round,
                       person_id, assignment_id, capacity, revision_id, content_hash,
                       narrative_hash, format_version, canonical, previous_hash, hash)
    SELECT id, sequence, %(now)s, 'publish', 'approved', 'published', round, %(person)s,
           %(assignment)s, %(capacity)s, revision_id, content_hash, narrative_hash, 2, canonical,
           previous, sha256(previous || convert_to(canonical, 'UTF8'))
    FROM worded
    RETURNING id, evaluation_id
)
INSERT INTO event_narrative (event_id, canonical)
SELECT a.id, w.narrative FROM appended a JOIN worded w ON w.id = a.evaluation_id
"""
_STATES = """
UPDATE evaluation SET state = 'published', version = version + 1, closed_at = %(now)s
WHERE id = ANY (%(ids)s)
"""
_SETTLE = """
UPDATE timer t SET settled_at = %(now)s, outcome = 'superseded'
FROM stage_entry s
WHERE s.evaluation_id = ANY (%(ids)s) AND s.left_at IS NULL
  AND t.stage_entry_id = s.id AND t.settled_at IS NULL
"""
_LEAVE = """
UPDATE stage_entry SET left_at = %(now)s WHERE evaluation_id = ANY (%(ids)s) AND left_at IS NULL
"""
_ENTER = """
INSERT INTO stage_entry (evaluation_id, stage, round, entered_at, entered_by)
SELECT id, 'published', round, %(now)s, %(person)s FROM evaluation WHERE id = ANY (%(ids)s)
"""
_TELL = """
INSERT INTO notice (kind, evaluation_id, stage_entry_id, recipient_id, created_at)
SELECT 'published', s.evaluation_id, s.id, c.person_id, %(now)s
FROM stage_entry s
JOIN (SELECT evaluation_id, person_id FROM authorship WHERE evaluation_id = ANY (%(ids)s)
      UNION
      SELECT evaluation_id, person_id FROM signature
      WHERE evaluation_id = ANY (%(ids)s) AND voided_at IS NULL) c USING (evaluation_id)
WHERE s.left_at IS NULL AND c.person_id <> %(person)s
"""
_PUBLISHED = """
UPDATE publication SET state = 'published', published_at = %(now)s, manifest_hash = (
    SELECT sha256(convert_to(string_agg(
        code || ' ' || encode(content_hash, 'hex'), chr(10) ORDER BY code), 'UTF8'))
    FROM snapshot WHERE publication_id = %(publication)s)
WHERE id = %(publication)s
"""
_POINT = "UPDATE evaluation_cycle SET current_publication_id = %(publication)s WHERE id = %(cycle)s"


class NotPossible(Exception):
    """Nothing was published."""


def publish(
    connection: psycopg.Connection,
    *,
    cycle_id: int,
    evaluation_ids: Sequence[int],
    actor: Actor,
    request_key: str,
) -> None:
    """Publish approved evaluations of a cycle at once.

    Raises:
        NotPossible: the person may not, or not all of them are approved.
    """
    with connection.transaction(), connection.cursor() as cursor:
        supersedes, now = _one(cursor, _CYCLE, (cycle_id,))
        values = {
            "cycle": cycle_id,
            "supersedes": supersedes,
            "ids": list(evaluation_ids),
            "count": len(evaluation_ids),
            "now": now,
            "today": now.date(),
            "person": actor.person_id,
            "assignment": actor.assignment_id,
            "capacity": actor.capacity,
            "request_key": request_key,
            **_texts(actor, now),
        }
        if cursor.execute(_MAY, values).fetchone() is None:
            raise NotPossible("publishers only")
        cursor.execute(_LOCK, (values["ids"],))
        if _one(cursor, _APPROVED, values)[0] != len(evaluation_ids):
            raise NotPossible("not all are approved")
        values["publication"] = _one(cursor, _PUBLICATION, values)[0]
        cursor.execute(_ITEMS, values)
        if supersedes is not None:
            cursor.execute(_CARRIED, values)
        for statement in (
            _SNAPSHOTS, _EVENTS, _STATES, _SETTLE, _LEAVE, _ENTER, _TELL, _PUBLISHED, _POINT,
        ):  # fmt: skip
            cursor.execute(statement, values)


def _texts(actor: Actor, now: datetime.datetime) -> dict[str, str]:
    """The parts of the canonical texts (RFC 8785) that all events of a publication share."""

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    instant = now.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {
        "narrative": f'{{"capacity":{quoted(actor.capacity)},"on_behalf_of":null'
        f',"person":{quoted(actor.name)},"reason":"","salt":"',
        "head": f'{{"action":"publish","assignment":{json.dumps(actor.assignment_id)}'
        ',"basis":"own"',
        "middle": f'","occurred_at":"{instant}","on_behalf_of":null'
        f',"person":{actor.person_id},"revision":',
    }


def _one(cursor: psycopg.Cursor, statement: str, values: Any) -> tuple[Any, ...]:
    row = cursor.execute(statement, values).fetchone()
    assert row is not None
    return row
