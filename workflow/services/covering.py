"""What a mail that was lost had to say comes in the next digest of its reader.

Lost is what perhaps arrived (``unknown``), what was given up (``dead``), and what was not sent on
its day (``superseded``): days of outage end with one mail of the present state, never with old
ones. Notices that still hold are told again and tied to the new mail; the others stay where they
were. What is about an account is no digest's: it goes on by itself, however late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from workflow.application import Context
from workflow.services.notices import WAITS_FOR_HOLD

#: A lost mail ``m`` of a day before ``:today`` whose notices no digest has taken over.
LOST = """m.covered_at IS NULL AND m.slot NOT LIKE 'account-%'
  AND m.state IN ('unknown', 'dead', 'superseded')
  AND m.business_day < :today"""

_SUPERSEDE = sa.text("""
UPDATE mail SET state = 'superseded'
WHERE state = 'queued' AND business_day < :today AND slot NOT LIKE 'account-%'
""")
_LOST = sa.text(f"""
SELECT m.id, m.recipient_id FROM mail m WHERE m.recipient_id = ANY (:people) AND {LOST}
ORDER BY m.id FOR UPDATE
""")  # noqa: S608 - a constant of our own
# What is read afterwards waits for its reader's return, and a turn for the end of a hold, as if
# they had never been written.
_WAIT_AGAIN = sa.text(f"""
UPDATE notice n SET gathered_at = NULL, mail_id = NULL
WHERE n.mail_id = ANY (:mails)
  AND (n.kind = 'post_review' AND n.recipient_id = ANY (:away) OR {WAITS_FOR_HOLD})
""")  # noqa: S608 - a constant of our own
_COVERED = sa.text("""
UPDATE mail SET covered_at = :now, covered_by = :digest WHERE id = ANY (:mails)
""")


def supersede(ctx: Context) -> None:
    """Give up what waits since an earlier day: what it says may not hold any more."""
    ctx.execute(_SUPERSEDE, {"today": ctx.today})


def lost_mails(ctx: Context, people: Collection[int]) -> dict[int, list[int]]:
    """Person → the mails whose notices today's digest has to tell, locked."""
    found: dict[int, list[int]] = defaultdict(list)
    for row in ctx.execute(_LOST, {"people": sorted(people), "today": ctx.today}):
        found[row.recipient_id].append(row.id)
    return found


def cover(ctx: Context, mails: Sequence[int], *, digest: int | None, away: Collection[int]) -> None:
    """Note that *digest* told what these mails had to say; None: nothing of it holds any more."""
    ctx.execute(_WAIT_AGAIN, {"mails": list(mails), "away": list(away)})
    ctx.execute(_COVERED, {"mails": list(mails), "digest": digest, "now": ctx.now})
