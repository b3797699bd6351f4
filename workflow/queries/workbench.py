"""The workbench: every sheet that waits for the reader's word, and what to look at twice.

The number of statements does not depend on the length of the queue
(tests/queries/test_workbench.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from workflow.application import Context
from workflow.definition.eligibility import eligible
from workflow.definition.facts import Holder
from workflow.definition.model import Stage
from workflow.queries import consultations, desk
from workflow.queries.bench_turns import Asked, asked_by_stage
from workflow.services import loading
from workflow.services.loading import LoadedEvaluation, OwnPost
from workflow.sheet.content import SheetContent, parse
from workflow.sheet.flags import copied, disagrees, folded_texts, same_texts

#: What is told of a content never changes; so many are kept by a process.
MOST_KNOWN = 4096


@dataclass(frozen=True)
class Flags:
    """What an approver is told to look at twice.

    Attributes:
        disagrees: the stars and the indicators tell different stories.
        same_texts: fields whose text is last year's, word for word; empty where nothing but what
            stays from year to year is the same.
        changed: the content is another than the one the reader last saw.
        late_days: calendar days since the last day; 0 while it is not over.
    """

    disagrees: bool = False
    same_texts: tuple[str, ...] = ()
    changed: bool = False
    late_days: int = 0


@dataclass(frozen=True)
class QueueItem:
    """One sheet that waits for the reader's signature, answer, or answer to a question.

    Attributes:
        asked: what it asks of the reader; a question may come beside what the stage asks.
        version, content_hash: what would be signed now; no hash while it is being written.
        why: the post in which it waits for the reader, in words; empty where only a question is
            put.
        instead_of: the absent person whom the reader stands in for (代決); empty for oneself.
        other_post: it waits in another of the reader's posts: switch to sign.
    """

    evaluation_id: int
    asked: frozenset[Asked]
    version: int
    content_hash: bytes
    code: str
    measure: str
    stage: Stage
    due_on: date | None
    days_left: int | None
    why: str
    instead_of: str
    other_post: int | None
    flags: Flags


@dataclass(frozen=True)
class LastSeen:
    """What the reader last saw of a sheet before it came here this time."""

    content: SheetContent
    at: datetime


@dataclass(frozen=True)
class LastYear:
    """The sheet of the same measure in the cycle of the same kind that judged the year before."""

    content: SheetContent
    #: False: it never was published; this is how it stands now.
    published: bool


@dataclass(frozen=True)
class Earlier:
    """What stands beside a sheet; None where there is nothing to compare with."""

    last_seen: LastSeen | None
    last_year: LastYear | None


_SHOWN = sa.text("""
SELECT e.id, m.name AS measure, s.due_on FROM evaluation e
JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
LEFT JOIN stage_entry s ON s.evaluation_id = e.id AND s.left_at IS NULL
WHERE e.id = ANY (:ids)
""")
# Looking writes nothing but who first opened a stay (design, truth 7), so what somebody last saw is
# worked out: the content of their own last event, or the one that stood when they were the first to
# open. The present stay is left out: having opened it a minute ago must not hide what changed.
_LAST_SEEN = sa.text("""
SELECT DISTINCT ON (seen.id) seen.id, seen.at, seen.content_hash FROM (
    SELECT v.evaluation_id AS id, v.occurred_at AS at, v.content_hash, v.sequence
    FROM event v JOIN stage_entry h ON h.evaluation_id = v.evaluation_id AND h.left_at IS NULL
    WHERE v.evaluation_id = ANY (:ids) AND v.person_id = :person
      AND v.occurred_at <= h.entered_at
    UNION ALL
    SELECT s.evaluation_id, s.first_opened_at, v.content_hash, v.sequence
    FROM stage_entry s JOIN LATERAL (
        SELECT w.content_hash, w.sequence FROM event w
        WHERE w.evaluation_id = s.evaluation_id AND w.occurred_at <= s.first_opened_at
        ORDER BY w.sequence DESC LIMIT 1
    ) v ON true
    WHERE s.evaluation_id = ANY (:ids) AND s.first_opened_by = :person AND s.left_at IS NOT NULL
) seen
WHERE seen.content_hash IS NOT NULL ORDER BY seen.id, seen.at DESC, seen.sequence DESC
""")
_LAST_YEAR = sa.text("""
WITH RECURSIVE line AS (
    SELECT e.id, m.id AS measure_id, m.predecessor_id, c.kind, c.target_fiscal_year - 1 AS year,
           0 AS back
    FROM evaluation e
    JOIN evaluation_cycle c ON c.id = e.cycle_id
    JOIN measure m ON e.subject_kind = 'measure' AND m.id = e.subject_id
    WHERE e.id = ANY (:ids)
    UNION ALL
    SELECT l.id, m.id, m.predecessor_id, l.kind, l.year, l.back + 1
    FROM line l JOIN measure m ON m.id = l.predecessor_id WHERE l.back < 20
)
SELECT DISTINCT ON (l.id) l.id, coalesce(s.content_hash, e.content_hash) AS content_hash,
       s.content_hash IS NOT NULL AS published
FROM line l
JOIN evaluation_cycle c ON c.kind = l.kind AND c.target_fiscal_year = l.year
JOIN evaluation e ON e.cycle_id = c.id AND e.subject_kind = 'measure'
    AND e.subject_id = l.measure_id
LEFT JOIN snapshot s ON s.publication_id = c.current_publication_id AND s.evaluation_id = e.id
WHERE coalesce(s.content_hash, e.content_hash) IS NOT NULL
ORDER BY l.id, published DESC, c.number DESC, l.back
""")
_CONTENTS = sa.text("SELECT hash, body FROM content WHERE hash = ANY (:hashes)")


def queue(ctx: Context, posts: Sequence[OwnPost]) -> tuple[QueueItem, ...]:
    """What waits for a word of ``ctx.actor``, over all of *posts*, soonest first.

    Sheets on which nothing but a question waits come last, the oldest question first.
    """
    turns = [pair for pair in desk.waiting_for(ctx, posts) if asked_by_stage(pair[0])]
    questions = dict.fromkeys(one.evaluation_id for one in consultations.open_questions(ctx))
    others = questions.keys() - {evaluation.id for evaluation, _ in turns}
    loaded = loading.evaluations(ctx, sorted(others), locked=False) if others else {}
    nobody: tuple[Holder, ...] = ()
    found = [*turns, *((loaded[key], nobody) for key in questions if key in loaded)]
    ids = {"ids": [evaluation.id for evaluation, _ in found]}
    shown = {row.id: row for row in ctx.execute(_SHOWN, ids)}
    person = {"person": ctx.actor.person_id}
    seen = {row.id: row.content_hash for row in ctx.execute(_LAST_SEEN, ids | person)}
    last_year = {row.id: row.content_hash for row in ctx.execute(_LAST_YEAR, ids)}
    now = {evaluation.id: _settled(evaluation) for evaluation, _ in found}
    told = _told(ctx, {key for key in (*now.values(), *last_year.values()) if key})

    items = []
    for evaluation, own in found:
        row, content_hash = shown[evaluation.id], now[evaluation.id]
        days_left = (row.due_on - ctx.today).days if row.due_on else None
        before = told.get(last_year.get(evaluation.id, b""))
        this = told.get(content_hash)
        same = same_texts(before.texts, this.texts) if before and this else ()
        asked = {
            asked_by_stage(evaluation) if own else None,
            Asked.QUESTION if evaluation.id in questions else None,
        }
        items.append(
            QueueItem(
                evaluation_id=evaluation.id,
                asked=frozenset(one for one in asked if one),
                version=evaluation.version,
                content_hash=content_hash,
                code=evaluation.code,
                measure=row.measure,
                stage=evaluation.definition.stage(evaluation.facts.state),
                due_on=row.due_on,
                days_left=days_left,
                why=own[0].title if own else "",
                instead_of=desk.named([own[0].instead_of]) if own and own[0].instead_of else "",
                other_post=desk.elsewhere(ctx, own) if own else None,
                flags=Flags(
                    disagrees=this is not None and this.disagrees,
                    same_texts=same if copied(same) else (),
                    changed=seen.get(evaluation.id, content_hash) != content_hash,
                    late_days=max(0, -(days_left or 0)),
                ),
            )
        )
    return tuple(items)


def _settled(evaluation: LoadedEvaluation) -> bytes:
    """The hash of what can be signed or judged; empty while the sheet is being written."""
    editable = evaluation.definition.stage(evaluation.facts.state).editable
    return b"" if editable else evaluation.facts.content_hash or b""


@dataclass(frozen=True)
class _Told:
    """What the queue needs to know of a content."""

    disagrees: bool
    texts: Mapping[str, str]


#: By content hash: a content never changes, so a process reads each one once.
_known: dict[bytes, _Told] = {}


def _told(ctx: Context, hashes: set[bytes]) -> dict[bytes, _Told]:
    told = {key: known for key in hashes if (known := _known.get(key)) is not None}
    for key, content in _contents(ctx, hashes - told.keys()).items():
        told[key] = _Told(disagrees(content), folded_texts(content))
    if len(_known) > MOST_KNOWN:
        _known.clear()
    _known.update(told)
    return told


def _contents(ctx: Context, hashes: Iterable[bytes]) -> dict[bytes, SheetContent]:
    rows = ctx.execute(_CONTENTS, {"hashes": sorted(hashes)})
    return {row.hash: parse(row.body) for row in rows}


def earlier(ctx: Context, evaluation_id: int) -> Earlier:
    """What stands beside one sheet: as ``ctx.actor`` last saw it, and last year's."""
    ids = {"ids": [evaluation_id]}
    seen = ctx.execute(_LAST_SEEN, {**ids, "person": ctx.actor.person_id}).first()
    last = ctx.execute(_LAST_YEAR, ids).first()
    contents = _contents(ctx, {row.content_hash for row in (seen, last) if row is not None})
    return Earlier(
        last_seen=LastSeen(contents[seen.content_hash], seen.at) if seen else None,
        last_year=LastYear(contents[last.content_hash], last.published) if last else None,
    )


@dataclass(frozen=True)
class Standing:
    """Where a sheet is now, whatever the queue says of it."""

    evaluation: LoadedEvaluation
    measure: str

    @property
    def stage(self) -> Stage:
        """The stage that it is at."""
        return self.evaluation.definition.stage(self.evaluation.facts.state)

    @property
    def holders(self) -> tuple[Holder, ...]:
        """Who has it."""
        return eligible(self.evaluation.definition, self.stage, self.evaluation.facts).holders


def standing(ctx: Context, ids: Sequence[int]) -> dict[int, Standing]:
    """The sheets with these ids as they stand; unknown ids are left out."""
    loaded = loading.evaluations(ctx, ids, locked=False)
    measures = {row.id: row.measure for row in ctx.execute(_SHOWN, {"ids": list(loaded)})}
    return {key: Standing(loaded[key], measures[key]) for key in ids if key in loaded}
