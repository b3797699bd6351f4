"""Who must get which mails on a day of the plan, worked out from the roster alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time

from tests.faults.mail_server import Stored
from tests.faults.town import Town
from tests.faults.waiting import until
from tests.sample_people import DRAFTERS, SHEETS
from workflow.clock import OFFICE_ZONE

#: The first reminder of every draft: five business days before 22 June.
REMINDER = datetime.combine(date(2022, 6, 15), time(8, 45), OFFICE_ZONE)
#: Sheets that were submitted and given back before.
RETURNED = ("611", "612", "621")
#: Seconds between two ticks, and until a lease ends, in these experiments (``Town.SETTINGS``).
TICK = 1.0
#: What starting a process and connecting again may take on a busy machine.
SLACK = 6.0


@dataclass(frozen=True)
class Plan:
    """How many mails each address must get, and which of them may come again."""

    mails: Counter[str]
    #: These got their sheet back, which promises *at least once*; all else *at most once*.
    returned: frozenset[str]

    @property
    def total(self) -> int:
        """All of them."""
        return self.mails.total()

    @property
    def patience(self) -> float:
        """Seconds after which even a busy machine has sent them: two mails in a second."""
        return 60 + self.total / 2

    def may_repeat(self, mail: Stored) -> bool:
        """Whether a second copy of this mail keeps its promise."""
        return mail.recipient in self.returned and ".now-" in mail.message_id


def planned(town: Town, staff: int) -> Plan:
    """On 15 June, with *staff* more people in every section, three sheets having been returned.

    Everybody who drafts is reminded in the digest. Those whose sheets lie where they were when
    the cycle was opened are told of that; who submitted the others, that they came back.
    """
    untouched = town.drafters(*(set(SHEETS) - set(RETURNED)))
    town.hire(staff)
    for code in RETURNED:
        town.city.submit(code)
        town.city.give_back(code)
    town.set_clock(REMINDER)
    returned = {f"{DRAFTERS[code]}@aose.example.jp" for code in RETURNED}
    mails = Counter(town.drafters()) + Counter(untouched | returned)
    return Plan(mails, frozenset(returned))


@dataclass(frozen=True)
class Kept:
    """What came of a plan."""

    arrived: int
    unknown: int
    #: Further copies of what may come again.
    repeated: int
    #: Mails that promise at most once and came twice.
    twice: int


def check_promises(town: Town, plan: Plan, *, dead: int = 0) -> Kept:
    """At most once, at least once, and whoever is missing is shown as unknown (or dead).

    What arrived is what the mail server really has, not what the database says of it.
    """
    copies = town.office.copies()
    again = {mail.message_id for mail in town.office.stored if plan.may_repeat(mail)}
    twice = {name for name, count in copies.items() if count > 1}
    broken = twice - again
    assert not broken, "a mail that promises at most once came twice"

    distinct = {(mail.recipient, mail.message_id) for mail in town.office.stored}
    got = Counter(recipient for recipient, _ in distinct)
    assert got - plan.mails == Counter(), "a mail that nobody planned"
    assert set(town.mails()) <= {"sent", "unknown", "dead"}
    assert town.mails()["dead"] == dead
    missing = plan.mails - got
    lost = [
        row
        for row in town.city.rows("SELECT state, promise, message_id FROM mail")
        if row.state in ("unknown", "dead") and row.message_id not in copies
    ]
    assert missing.total() == len(lost), "a mail is missing and nobody is told"
    assert [row for row in lost if row.promise == "at_least_once" and row.state != "dead"] == []
    return Kept(
        arrived=len(distinct),
        unknown=town.mails()["unknown"],
        repeated=sum(copies[name] - 1 for name in twice),
        twice=len(broken),
    )


def until_done(town: Town, seconds: float, keep: Callable[[], bool] = lambda: True) -> float:
    """Until everything is told and every mail is at its end; returns how long that took.

    Args:
        town: where.
        seconds: how long at most.
        keep: called again and again meanwhile, such as :meth:`KeptWorker.keep`.
    """
    what = f"all mails at their end: {town.mails()}"
    return until(lambda: keep() and town.nothing_waits(), seconds, what)
