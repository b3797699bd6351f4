"""A one-time password for somebody whom no mail reaches: two administrators, one half each.

One asks and sees the first half, another one confirms and sees the second. Each hands theirs to the
person; nobody but the person ever has both. The first half is worked out from a salt when it is
needed, so that it is kept nowhere.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from workflow.application import Context
from workflow.errors import BadInput, NotFound, Refused
from workflow.models import OfficeAct
from workflow.policy import Permission
from workflow.services import office_record, password_links, people
from workflow.services.office_record import Act
from workflow.services.password_links import HOLDS

#: Groups of four letters in each half: 39 bits, asked at a door that counts wrong answers.
GROUPS = 2

_PERSON = sa.text("""
SELECT id, email, mail_state, disabled_at, email_set_by FROM person WHERE id = :person FOR UPDATE
""")
_ASK = sa.text("""
INSERT INTO password_request (person_id, salt, asked_by, asked_at, expires_at)
VALUES (:person, :salt, :by, :now, :expires)
""")
_WAITING = sa.text("""
SELECT id, salt, asked_by FROM password_request
WHERE person_id = :person AND ended_at IS NULL AND expires_at > :now FOR UPDATE
""")
_CONFIRM = sa.text("UPDATE password_request SET confirmed_by = :by WHERE id = :id")


def ask(ctx: Context, *, person_id: int) -> str:
    """Ask for a one-time password; returns the first half, to be shown once.

    The person's present password holds until somebody else confirms.

    Raises:
        NotFound: ``no_such_account``.
        Refused: ``administrators_only``, ``not_yourself``.
        BadInput: ``recipient_disabled``; ``has_address``: a link can be sent.
    """
    person = ctx.execute(_PERSON, {"person": person_id}).one_or_none()

    ctx.require(Permission.ADMINISTER)
    if person is None:
        raise NotFound("no_such_account")
    if person_id == ctx.actor.person_id:
        raise BadInput("not_yourself")
    if person.disabled_at is not None:
        raise BadInput("recipient_disabled")
    if password_links.has_address(person.email, person.mail_state):
        raise BadInput("has_address")

    password_links.end_ways(ctx, person_id)
    salt = secrets.token_urlsafe(32)
    ctx.execute(
        _ASK,
        {
            "person": person_id,
            "salt": salt,
            "by": ctx.actor.person_id,
            "now": ctx.now,
            "expires": ctx.now + HOLDS,
        },
    )
    office_record.record(ctx, [Act(OfficeAct.PASSWORD_ASKED, person_id)])
    return _first_half(ctx, salt)


def confirm(ctx: Context, *, person_id: int) -> str:
    """Confirm what another administrator asked for; returns the second half, to be shown once.

    From now on both halves together are the person's one-time password, for a day; all of their
    sessions end.

    Raises:
        NotFound: ``no_such_request``: nobody asked, or more than a day ago.
        Refused: ``administrators_only``; ``two_administrators``: who asks does not confirm, and
            nobody confirms a password of their own.
    """
    ctx.execute(_PERSON, {"person": person_id})
    request = ctx.execute(_WAITING, {"person": person_id, "now": ctx.now}).one_or_none()

    ctx.require(Permission.ADMINISTER)
    if request is None:
        raise NotFound("no_such_request")
    if ctx.actor.person_id in (request.asked_by, person_id):
        raise Refused("two_administrators")

    second = "-".join(people.one_time_password().split("-")[:GROUPS])
    ctx.execute(_CONFIRM, {"id": request.id, "by": ctx.actor.person_id})
    people.give_one_time_password(
        ctx,
        person_id,
        holds=HOLDS,
        password=f"{_first_half(ctx, request.salt)}-{second}",
    )
    office_record.record(ctx, [Act(OfficeAct.PASSWORD_CONFIRMED, person_id)])
    return second


def _first_half(ctx: Context, salt: str) -> str:
    """Letters worked out from *salt*: a byte has eight times as many values as there are letters.

    The bias is less than one letter in eight: 37 bits at the least.
    """
    chance = password_links.derived(ctx.settings, "password-half", salt)
    letters = [people.ALPHABET[byte % len(people.ALPHABET)] for byte in chance[: 4 * GROUPS]]
    return "-".join("".join(letters[n : n + 4]) for n in range(0, 4 * GROUPS, 4))
