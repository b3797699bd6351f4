"""Writes what is done to accounts and rights into the installation's chain, and tells people.

The person concerned and the administrators other than the one who acts get a mail at once: nobody
takes a right, a password or a session from or for somebody unseen. People whose account was made
in the same act are not written to; they know of it from whoever hands them their password.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from workflow.application import Context
from workflow.mail.account_message import ActLine, write_account
from workflow.models import OfficeAct, Promise

#: Slot of such a mail: it goes out at any hour, and no digest takes it over. What was planned for
#: a day waits for the hours of mails.
SLOT, SLOT_OF_A_DAY = "account-", "account-day-"

_APPEND = sa.text("""
SELECT append_installation_event(:action, CAST(:person AS bigint), CAST(:assignment AS bigint),
    :capacity, CAST(:concerns AS bigint), :details, :reason)
""").bindparams(sa.bindparam("details", type_=JSONB))
_READERS = sa.text("""
SELECT p.id, p.name, p.email, EXISTS (
           SELECT FROM role_grant g WHERE g.person_id = p.id AND g.role = 'administrator'
             AND g.valid_from <= :today AND (g.valid_until IS NULL OR g.valid_until >= :today)
       ) AND p.disabled_at IS NULL AS is_administrator
FROM person p
WHERE p.mail_state = 'good' AND p.id <> ALL (:without)
ORDER BY p.id
""")
_NAMES = sa.text("SELECT id, name FROM person WHERE id = ANY (:people)")
_MUNICIPALITY = sa.text("SELECT name FROM municipality WHERE id = 1")
_MAIL = sa.text("""
INSERT INTO mail (recipient_id, business_day, slot, promise, address, message_id, subject,
                  body_text, body_html, state, created_at, next_attempt_at, password_link_id)
VALUES (:recipient, :today, :slot, :promise, :address, :message_id, :subject, :text, :html,
        'queued', :now, :now, :link)
""")


@dataclass(frozen=True)
class Act:
    """One thing that was done.

    Attributes:
        concerns: whose account, right or session it is; None: the organisation's.
        details: what a reader of the chain must know; texts by their names.
    """

    kind: OfficeAct
    concerns: int | None
    details: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


def record(
    ctx: Context,
    acts: Sequence[Act],
    *,
    untold: Collection[int] = (),
    link: tuple[int, int] | None = None,
    former_addresses: Mapping[int, str] | None = None,
    planned: bool = False,
) -> None:
    """Append an event for each act, in order, and write one mail to each who is told.

    Args:
        untold: people who get no mail: their account was made just now.
        link: person and id of the password link that goes into that person's mail.
        former_addresses: person → the address that was theirs until now; it is told there.
        planned: it happens today because somebody said so earlier.
    """
    events = [
        ctx.execute(
            _APPEND,
            {
                "action": act.kind,
                "person": ctx.actor.person_id,
                "assignment": ctx.actor.assignment_id,
                "capacity": ctx.actor.capacity,
                "concerns": act.concerns,
                "details": dict(act.details),
                "reason": act.reason,
            },
        ).scalar_one()
        for act in acts
    ]
    if events:
        slot = f"{SLOT_OF_A_DAY if planned else SLOT}{events[0]}"
        _tell(ctx, acts, slot, untold, link, former_addresses or {})


def _tell(
    ctx: Context,
    acts: Sequence[Act],
    slot: str,
    untold: Collection[int],
    link: tuple[int, int] | None,
    former_addresses: Mapping[int, str],
) -> None:
    concerned = sorted({act.concerns for act in acts if act.concerns is not None})
    names = {row.id: row.name for row in ctx.execute(_NAMES, {"people": concerned})}
    told: dict[int, list[ActLine]] = defaultdict(list)
    readers = [
        row
        for row in ctx.execute(_READERS, {"today": ctx.today, "without": sorted(untold)})
        if row.is_administrator or row.id in names
    ]
    for act in acts:
        line = ActLine(act.kind, names.get(act.concerns or 0, ""), act.details, act.reason)
        for reader in readers:
            is_own = reader.id == act.concerns
            if is_own or (reader.is_administrator and reader.id != ctx.actor.person_id):
                told[reader.id].append(line)
    municipality = ctx.execute(_MUNICIPALITY).scalar_one_or_none() or ""
    by = " ".join(filter(None, (ctx.actor.capacity, ctx.actor.name)))
    for reader in readers:
        if reader.id not in told:
            continue
        carries = link[1] if link is not None and link[0] == reader.id else None
        draft = write_account(
            reader.name,
            told[reader.id],
            by=by,
            municipality=municipality,
            with_link=carries is not None,
        )
        ctx.execute(
            _MAIL,
            {
                "recipient": reader.id,
                "today": ctx.today,
                "slot": slot,
                "promise": Promise.AT_LEAST_ONCE,
                "address": former_addresses.get(reader.id, reader.email),
                "message_id": f"<hyoka.{reader.id}.{slot}"
                f"@{ctx.settings.mail_from.rpartition('@')[2]}>",
                "subject": draft.subject,
                "text": draft.text,
                "html": draft.html,
                "now": ctx.now,
                "link": carries,
            },
        )
    if told:
        ctx.ring_after_commit("tasks.deliver_mails")
