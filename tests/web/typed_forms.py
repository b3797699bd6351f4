"""Every form into which somebody types or in which somebody chooses, ready to be filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from tests.authority import ask, away, open_reviews
from tests.city import City
from tests.recorders import Clock
from tests.sample_people import (
    ADMINISTRATOR,
    APPROVER,
    COLLEAGUES,
    DRAFTERS,
    PUBLISHER,
    REVIEWERS,
)
from tests.services.test_extensions import ask as ask_extension
from tests.web.sheet_forms import forms_on
from tests.web.site import Browser
from workflow.models import DECLINABLE
from workflow.services import mail_choices

DRAFTER, REVIEWER, COLLEAGUE = DRAFTERS["611"], REVIEWERS["611"], COLLEAGUES["611"]
#: Beyond what ASCII can say, with a line break, and with what HTML and addresses must escape.
TEXT = '決算額を確かめました。\r\n<b>１％＋α</b> & "次" へ'
DAY = {"year": "令和4", "month": "7", "day": "6"}

Fields = dict[str, str | list[str]]


@dataclass(frozen=True)
class Opened:
    """A form as its reader has it before them: where it goes, and the fields as they stand."""

    target: str
    fields: Fields


@dataclass(frozen=True)
class TypedForm:
    """One kind of form.

    Attributes:
        endpoint: the view that it is sent to.
        person: who fills it in.
        prepare: brings the city there; gives the page and the path that the form goes to.
        typed: what is typed or chosen.
        lies_before: the form of an earlier step with what was typed in it comes back instead,
            since nothing is typed into this one; the path that it goes to.
        route: the definition that has such a form.
    """

    endpoint: str
    person: str
    prepare: Callable[[City, Clock, Browser], Opened]
    typed: Mapping[str, str]
    lies_before: str | None = None
    route: str = "standard"


def form_with(html: str, target: str, names: Iterable[str] = ()) -> Mapping[str, str]:
    """The fields of the form that goes to *target* and has fields of these names."""
    pieces = [forms_on("<form" + piece).get(target) for piece in html.split("<form")[1:]]
    found = [fields for fields in pieces if fields is not None]
    return next(fields for fields in found if set(names) <= set(fields))


def _form_on(browser: Browser, page: str, target: str, names: Iterable[str] = ()) -> Opened:
    response = browser.get(page)
    assert response.status_code == 200, (page, response.status, response.text)
    return Opened(target, dict(form_with(response.text, target, names)))


def _sheet(
    page: str,
    target: str | None = None,
    *,
    code: str = "611",
    before: Callable[[City], object] = lambda city: None,
) -> Callable[[City, Clock, Browser], Opened]:
    def prepare(city: City, clock: Clock, browser: Browser) -> Opened:
        before(city)
        sheet = f"/sheets/{city.evaluation(code)}"
        return _form_on(browser, sheet + page, sheet + (target or page))

    return prepare


def _page(
    page: str,
    target: str,
    before: Callable[[City], object] = lambda city: None,
    names: Iterable[str] = (),
) -> Callable[[City, Clock, Browser], Opened]:
    def prepare(city: City, clock: Clock, browser: Browser) -> Opened:
        before(city)
        return _form_on(browser, page, target, names)

    return prepare


def _after(
    first: Callable[[City, Clock, Browser], Opened], typed: Mapping[str, str], target: str
) -> Callable[[City, Clock, Browser], Opened]:
    """The form of the page that comes after another form."""

    def prepare(city: City, clock: Clock, browser: Browser) -> Opened:
        opened = first(city, clock, browser)
        shown = browser.client.post(opened.target, data=opened.fields | dict(typed))
        assert shown.status_code == 200, shown.text
        return Opened(target, opened.fields | dict(typed) | forms_on(shown.text)[target])

    return prepare


def _consultation(city: City, clock: Clock, browser: Browser) -> Opened:
    city.submit("611")
    ask(city, REVIEWER, "611", COLLEAGUE)
    number = city.scalar("SELECT max(id) FROM consultation")
    page = f"/consultations/{number}"
    return _form_on(browser, page, page)


def _post_review(city: City, clock: Clock, browser: Browser) -> Opened:
    away(city, REVIEWER)
    city.submit("611")
    [(review, *_)] = open_reviews(city, REVIEWER)
    return _form_on(browser, f"/post-reviews/{review}", f"/post-reviews/{review}")


def _decide_extension(city: City, clock: Clock, browser: Browser) -> Opened:
    ask_extension(city)
    number = city.scalar("SELECT max(id) FROM extension_request")
    opened = _form_on(browser, "/deadlines", f"/deadlines/extensions/{number}")
    return Opened(opened.target, opened.fields | {"decision": "refuse"})


def _nudge_check(city: City, clock: Clock, browser: Browser) -> Opened:
    clock.set(date(2022, 6, 24))
    browser.sign_in(PUBLISHER, city.passwords[PUBLISHER])
    opened = _form_on(browser, "/progress", "/progress/nudge/check")
    return Opened(opened.target, opened.fields | {"chosen": [str(city.evaluation("611"))]})


def _nudge(city: City, clock: Clock, browser: Browser) -> Opened:
    opened = _nudge_check(city, clock, browser)
    shown = browser.client.post(opened.target, data=opened.fields)
    return Opened("/progress/nudge", dict(forms_on(shown.text)["/progress/nudge"]))


def _workbench(city: City, clock: Clock, browser: Browser) -> Opened:
    city.submit("611")
    page = f"/workbench/{city.evaluation('611')}"
    # The first look opens it; the second has the box.
    html = browser.get(page).text
    fields = next(fields for fields in forms_on(html).values() if "opened" in fields)
    chosen = {"chosen": [str(city.evaluation("611"))], "at": str(city.evaluation("611"))}
    token = re.findall(r'name="csrf_token" value="([^"]+)"', html)[-1]
    return Opened("/workbench/check", fields | chosen | {"csrf_token": token})


def _workbench_approve(city: City, clock: Clock, browser: Browser) -> Opened:
    opened = _workbench(city, clock, browser)
    shown = browser.client.post(opened.target, data=opened.fields)
    fields = dict(forms_on(shown.text)["/workbench/approve"])
    return Opened("/workbench/approve", fields)


def _bench_reply(city: City, clock: Clock, browser: Browser) -> Opened:
    city.submit("612")
    city.approve("612")
    number = city.evaluation("612")
    return _form_on(browser, f"/workbench/{number}", f"/workbench/{number}/reply")


def _bench_question(city: City, clock: Clock, browser: Browser) -> Opened:
    city.submit("611")
    ask(city, REVIEWER, "611", APPROVER)
    number, question = city.evaluation("611"), city.scalar("SELECT max(id) FROM consultation")
    return _form_on(
        browser, f"/workbench/{number}", f"/workbench/{number}/questions/{question}", {"answer"}
    )


def _mail_choices(city: City, clock: Clock, browser: Browser) -> Opened:
    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        mail_choices.allow(ctx, {DECLINABLE[0]})
    opened = _form_on(browser, "/account/mails", "/account/mails")
    # The one box is ticked at first.
    return Opened(opened.target, {k: v for k, v in opened.fields.items() if k != "received"})


_ABSENCE = {
    f"{name}-{part}": value for name in ("first_day", "last_day") for part, value in DAY.items()
} | {"kind": "leave"}
_DATES = {f"deadlines.draft-{part}": value for part, value in (DAY | {"day": "１"}).items()}
_CLOSED = {f"day-{part}": value for part, value in DAY.items()} | {"name": "創立 記念日"}
_LATER = {f"day-{part}": v for part, v in DAY.items()} | {"when": "later", "time": "13:45"}
_SUBMITTED = lambda city: city.submit("611")  # noqa: E731 - a word of the table below

_PUBLICATION = _page(
    "/publication", "/publication/check", before=lambda city: city.bring_to("611", "approved")
)
_DATES_PAGE = _page("/deadlines/dates?cycle=1", "/deadlines/dates/check?cycle=1")
_CUT_OFF_PAGE = _page("/deadlines/dates?cycle=1", "/deadlines/cut-off/check?cycle=1")
_CLOSED_PAGE = _page(
    "/administration/closed-days", "/administration/closed-days/check", names=_CLOSED
)

FORMS: tuple[TypedForm, ...] = (
    TypedForm(
        "sheets.save",
        DRAFTER,
        _sheet("/edit"),
        {"results": TEXT, "rating": "2", "actuals-1": "1,123"},
    ),
    TypedForm("sheets.save_costs", DRAFTER, _sheet("/costs"), {"costs-611010": "１，２３"}),
    TypedForm("sheets.act", DRAFTER, _sheet("/check", "/act"), {"reason": TEXT}),
    TypedForm(
        "sheets.act", REVIEWER, _sheet("/return", "/act", before=_SUBMITTED), {"reason": TEXT}
    ),
    TypedForm(
        "sheets.act", REVIEWER, _sheet("/approve", "/act", before=_SUBMITTED), {"reason": TEXT}
    ),
    TypedForm(
        "sheets.act", REVIEWER, _sheet("/act/reject", "/act", before=_SUBMITTED), {"reason": TEXT}
    ),
    TypedForm(
        "sheets.reply_now",
        "ogawa.tetsuo",
        _sheet("/reply", code="612", before=lambda city: (city.submit("612"), city.approve("612"))),
        {"verdict": "object", "opinion": TEXT},
        route="joint_external",
    ),
    TypedForm("sheets.hold_now", REVIEWER, _sheet("/hold", before=_SUBMITTED), {"reason": TEXT}),
    TypedForm(
        "sheets.consult_now", REVIEWER, _sheet("/consult", before=_SUBMITTED), {"question": TEXT}
    ),
    TypedForm("consultations.answer", COLLEAGUE, _consultation, {"answer": TEXT}),
    TypedForm("post_reviews.acknowledge", REVIEWER, _post_review, {"remark": TEXT}),
    TypedForm(
        "sheets.ask_extension",
        DRAFTER,
        _sheet("/extension"),
        {"reason": TEXT} | {f"wanted_on-{part}": value for part, value in DAY.items()},
    ),
    TypedForm("sheets.leave_note", DRAFTER, _sheet("/hand-over"), {"note": TEXT}),
    TypedForm("absences.check", REVIEWER, _page("/absences/new", "/absences/check"), _ABSENCE),
    TypedForm(
        "absences.register",
        REVIEWER,
        _after(_page("/absences/new", "/absences/check"), _ABSENCE, "/absences"),
        _ABSENCE,
        lies_before="/absences/check",
    ),
    TypedForm("progress.nudge_check", PUBLISHER, _nudge_check, {}),
    TypedForm("progress.nudge", PUBLISHER, _nudge, {"remark": TEXT}),
    TypedForm("workbench.check", REVIEWER, _workbench, {}),
    TypedForm("workbench.approve", REVIEWER, _workbench_approve, {"remark": TEXT}),
    TypedForm(
        "workbench.reply",
        "ogawa.tetsuo",
        _bench_reply,
        {"verdict": "object", "opinion": TEXT},
        route="joint_external",
    ),
    TypedForm("workbench.answer", APPROVER, _bench_question, {"answer": TEXT}),
    TypedForm("publication.check", PUBLISHER, _PUBLICATION, _LATER),
    TypedForm(
        "publication.request_publication",
        PUBLISHER,
        _after(_PUBLICATION, _LATER, "/publication"),
        _LATER,
        lies_before="/publication/check",
    ),
    TypedForm(
        "deadlines.decide_extension",
        PUBLISHER,
        _decide_extension,
        {"remark": TEXT},
    ),
    TypedForm("deadlines.check_dates", PUBLISHER, _DATES_PAGE, _DATES),
    TypedForm(
        "deadlines.save_dates",
        PUBLISHER,
        _after(_DATES_PAGE, _DATES, "/deadlines/dates?cycle=1"),
        _DATES,
        lies_before="/deadlines/dates/check?cycle=1",
    ),
    TypedForm("deadlines.check_cut_off", PUBLISHER, _CUT_OFF_PAGE, {"cut_off": "16:30"}),
    TypedForm(
        "deadlines.save_cut_off",
        PUBLISHER,
        _after(_CUT_OFF_PAGE, {"cut_off": "16:30"}, "/deadlines/cut-off?cycle=1"),
        {"cut_off": "16:30"},
        lies_before="/deadlines/cut-off/check?cycle=1",
    ),
    TypedForm("closed_days.check", ADMINISTRATOR, _CLOSED_PAGE, _CLOSED),
    TypedForm(
        "closed_days.save",
        ADMINISTRATOR,
        _after(_CLOSED_PAGE, _CLOSED, "/administration/closed-days"),
        _CLOSED,
        lies_before="/administration/closed-days/check",
    ),
    TypedForm(
        "mail_choices.save",
        DRAFTER,
        _mail_choices,
        {},
    ),
    TypedForm(
        "mail_choices.allow",
        ADMINISTRATOR,
        _page("/administration/mails", "/administration/mails/declinable"),
        {"declinable": DECLINABLE[0]},
    ),
    TypedForm(
        "reorganisation.propose",
        ADMINISTRATOR,
        _page("/administration/reorganisations", "/administration/reorganisations"),
        {f"effective_on-{part}": value for part, value in DAY.items()},
    ),
    TypedForm(
        "account.change_password",
        DRAFTER,
        _page("/account/password?next=/progress", "/account/password"),
        {"next": "/progress"},
    ),
)

#: Views that take a POST in which nothing is typed or chosen but the button itself.
CLICKS = frozenset(
    {
        "absences.end",
        "account.choose_post",
        "account.sign_out",
        "administration.ask_password",
        "administration.confirm_password",
        "administration.disable",
        "administration.enable",
        "administration.end_session",
        "administration.reset_password",
        "administration.verify_ledger",
        "closed_days.add_year",
        "feed.make",
        "feed.revoke",
        "mails.confirm_address",
        "mails.retry",
        "own_sessions.end",
        "own_sessions.end_others",
        "publication.cancel",
        "reorganisation.apply",
        "reorganisation.call_off",
        "reorganisation.renew",
        "sheets.lift_now",
        "sheets.redraft_now",
        "sheets.take_back_now",
        "status.try_again",
    }
)
