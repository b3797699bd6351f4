"""Builders for 決裁 as an office practises it: absences, answers, holds, questions, and posts.

Beside ``tests.city``; everything that a person does goes through the services.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from tests.city import City
from tests.conftest import START
from workflow.clock import office_day
from workflow.definition.facts import Verdict
from workflow.models import AbsenceKind
from workflow.policy import SYSTEM, Actor, Permission
from workflow.queries.sheet_page import SheetPage
from workflow.services import absences, consulting, holding, joint, post_reviews, redrafting
from workflow.services.absences import AbsenceForm
from workflow.services.actions import Receipt

_KEYS: Iterator[str] = (f"authority-{n}" for n in itertools.count(1))

#: The first day of the sample city's posts.
SINCE = date(2021, 4, 1)


def today() -> date:
    """The day on which tests begin (``tests.conftest.START``)."""
    return office_day(START)


def acting(city: City, who: str | Actor) -> Actor:
    """The person in the primary post, or the actor as given."""
    return city.actor(who) if isinstance(who, str) else who


# Changing the organisation directly, as an import would


def give_post(
    city: City, name: str, unit: str, title: str, rank: str, *, since: date = SINCE
) -> int:
    """A further post for somebody; returns the assignment's id."""
    with city.application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        made: int = ctx.execute(
            sa.text("""
                WITH made AS (
                    INSERT INTO post (unit_id, title, rank, valid_from)
                    SELECT id, :title, :rank, :since FROM org_unit WHERE name = :unit
                    ON CONFLICT (unit_id, title, valid_from) DO UPDATE SET rank = excluded.rank
                    RETURNING id
                )
                INSERT INTO assignment (person_id, post_id, is_primary, valid_from)
                SELECT :person, id, false, :since FROM made RETURNING id
            """),
            {
                "title": title,
                "rank": rank,
                "unit": unit,
                "person": city.person_id(name),
                "since": since,
            },
        ).scalar_one()
    return made


def end_posts(city: City, name: str, *, last_day: date = date(2022, 5, 31)) -> None:
    """The person leaves all posts."""
    _change(
        city,
        "UPDATE assignment SET valid_until = :last WHERE person_id = :person",
        last=last_day,
        person=city.person_id(name),
    )


def grant(city: City, name: str, role: str) -> None:
    """What a person may do beside the post."""
    _change(
        city,
        "INSERT INTO role_grant (person_id, role, valid_from) VALUES (:person, :role, :since)",
        person=city.person_id(name),
        role=role,
        since=SINCE,
    )
    tell_rights(city)


def tell_rights(city: City) -> None:
    """Bring the installation's chain to the rights that a test wrote; nobody is mailed."""
    _change(
        city,
        """SELECT append_installation_event('right_changed', NULL, NULL, '', person_id,
        jsonb_build_object('role', role, 'from', valid_from,
                           'until', coalesce(valid_until::text, '')), '')
        FROM role_grant ORDER BY id""",
    )


def _change(city: City, statement: str, **values: Any) -> None:
    with city.application.command(SYSTEM) as ctx:
        ctx.require(Permission.IMPORT)
        ctx.execute(sa.text(statement), values)


# 不在・代決・後閲


def assignment(city: City, name: str) -> int:
    """The primary assignment of a person."""
    found = city.actor(name).assignment_id
    assert found is not None
    return found


def away(
    city: City,
    name: str,
    *,
    first: date | None = None,
    last: date | None = None,
    by: str | Actor | None = None,
    substitutes: Mapping[str, Sequence[str]] | None = None,
) -> int:
    """Register an absence; *substitutes*: kind of step → sign-in names in their order."""
    form = AbsenceForm(
        first_day=first or today(),
        last_day=last or today(),
        kind=AbsenceKind.BUSINESS_TRIP,
        substitutes={
            stage: [assignment(city, other) for other in others]
            for stage, others in (substitutes or {}).items()
        },
    )
    with city.application.command(acting(city, by or name)) as ctx:
        return absences.register(ctx, person_id=city.person_id(name), form=form)


def back(city: City, absence_id: int, *, by: str | Actor) -> None:
    """End an absence early."""
    with city.application.command(acting(city, by)) as ctx:
        absences.end(ctx, absence_id=absence_id)


def open_reviews(city: City, name: str) -> list[tuple[int, str, str, str]]:
    """What a person still has to read: (id, code, stage, cause)."""
    rows = city.rows(
        """
        SELECT r.id, e.code, r.stage, r.cause FROM post_review r
        JOIN evaluation e ON e.id = r.evaluation_id
        WHERE r.person_id = :person AND r.acknowledged_at IS NULL ORDER BY r.id
        """,
        person=city.person_id(name),
    )
    return [tuple(row) for row in rows]


def acknowledge(city: City, who: str | Actor, review_id: int, *, remark: str = "") -> Any:
    """Say that one has read it."""
    with city.application.command(acting(city, who)) as ctx:
        return post_reviews.acknowledge(
            ctx, post_review_id=review_id, request_key=next(_KEYS), remark=remark
        )


# 合議・保留・相談・引用起案


def reply(
    city: City,
    who: str | Actor,
    code: str,
    verdict: Verdict = Verdict.AGREE,
    *,
    opinion: str = "",
    seen: SheetPage | None = None,
) -> Receipt:
    """Answer at a joint stage."""
    actor = acting(city, who)
    page = seen or city.page(actor, code)
    with city.application.command(actor) as ctx:
        return joint.reply(
            ctx,
            evaluation_id=page.id,
            verdict=verdict,
            expected_version=page.version,
            seen_hash=bytes.fromhex(page.seen_hash),
            request_key=next(_KEYS),
            opinion=opinion,
        )


def take_back(
    city: City, who: str | Actor, code: str, *, seen: SheetPage | None = None, key: str = ""
) -> Receipt:
    """Take one's answer at a joint stage back."""
    actor = acting(city, who)
    page = seen or city.page(actor, code)
    with city.application.command(actor) as ctx:
        return joint.take_back(
            ctx,
            evaluation_id=page.id,
            expected_version=page.version,
            seen_hash=bytes.fromhex(page.seen_hash),
            request_key=key or next(_KEYS),
        )


def hold(city: City, who: str | Actor, code: str, *, reason: str = "数字を照会中です。") -> Receipt:
    """Put a sheet on hold."""
    actor = acting(city, who)
    page = city.page(actor, code)
    with city.application.command(actor) as ctx:
        return holding.hold(
            ctx,
            evaluation_id=page.id,
            expected_version=page.version,
            request_key=next(_KEYS),
            reason=reason,
        )


def lift(city: City, who: str | Actor, code: str) -> Receipt:
    """Lift a hold."""
    actor = acting(city, who)
    page = city.page(actor, code)
    with city.application.command(actor) as ctx:
        return holding.lift(
            ctx, evaluation_id=page.id, expected_version=page.version, request_key=next(_KEYS)
        )


def ask(
    city: City,
    who: str | Actor,
    code: str,
    person: str,
    *,
    question: str = "この数字でよいですか。",
) -> Receipt:
    """Ask somebody about a sheet that one has."""
    with city.application.command(acting(city, who)) as ctx:
        return consulting.ask(
            ctx,
            evaluation_id=city.evaluation(code),
            person_id=city.person_id(person),
            question=question,
            request_key=next(_KEYS),
        )


def answer(city: City, who: str | Actor, code: str, *, words: str = "その数字でよいです。") -> Any:
    """Answer the latest question about a sheet."""
    consultation = city.scalar(
        "SELECT max(id) FROM consultation WHERE evaluation_id = :id", id=city.evaluation(code)
    )
    with city.application.command(acting(city, who)) as ctx:
        return consulting.answer(
            ctx, consultation_id=consultation or 0, words=words, request_key=next(_KEYS)
        )


def redraft(city: City, who: str | Actor, code: str) -> int:
    """Begin a new sheet that quotes the one with this code; returns its id."""
    with city.application.command(acting(city, who)) as ctx:
        return redrafting.redraft(ctx, evaluation_id=city.evaluation(code))
