"""For administrators: people, sessions, mails on their way, and the check of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import absence_words
from web.access import access
from web.core import actor, command, query, signed_in, who
from web.language import gettext as _
from workflow.definition.facts import Grant
from workflow.errors import NotFound
from workflow.policy import Permission
from workflow.queries import absences, administration, ledger, post_reviews
from workflow.queries.administration import PersonLine
from workflow.services import accounts, password_halves, password_links, people
from workflow.text import fold_for_search, search_words

blueprint = Blueprint("administration", __name__, url_prefix="/administration")
log = structlog.get_logger(__name__)

PAGE_SIZE = 100

#: A word that is said in the language of whoever reads it.
Words = Callable[[], str]

_GRANTS: Mapping[str, Words] = {
    "publisher": lambda: _("公表担当"),
    "administrator": lambda: _("システム管理者"),
}


def tabs(current: str) -> list[dict[str, object]]:
    """The menu of the administrators' pages."""
    entries = [
        ("people", _("利用者"), "administration.people"),
        ("absences", _("不在"), "administration.absences"),
        ("readings", _("後閲"), "administration.open_readings"),
        ("sessions", _("ログイン"), "administration.sessions"),
        ("reorganisation", _("組織改編"), "reorganisation.index"),
        ("calendar", _("開庁日"), "closed_days.index"),
        ("deadlines", _("期限・督促"), "deadlines.index"),
        ("mails", _("メール"), "mails.index"),
        ("status", _("稼働状況"), "status.index"),
        ("ledger", _("履歴の検証"), "administration.ledger_page"),
    ]
    return [
        {"label": label, "href": url_for(endpoint), "current": key == current}
        for key, label, endpoint in entries
    ]


@blueprint.get("/people", endpoint="people")
@access(Permission.ADMINISTER)
def people_list() -> ResponseReturnValue:
    """Everybody with posts, grants and the state of the account; narrowed by a word."""
    wanted = request.args.get("name", "").strip()
    page = max(1, request.args.get("page", 1, type=int))
    with query() as ctx:
        everybody = administration.people(ctx)
    found = [person for person in everybody if _matches(person, wanted)]
    pages = max(1, -(-len(found) // PAGE_SIZE))
    return render_template(
        "administration/people.html",
        tabs=tabs("people"),
        people=found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        total=len(found),
        page=page,
        pages=pages,
        page_href=lambda number: url_for("administration.people", name=wanted, page=number),
        wanted=wanted,
        grant=_grant,
    )


def _matches(person: PersonLine, wanted: str) -> bool:
    known = (person.name, person.kana, person.sign_in_name, person.email, *person.posts)
    folded = [fold_for_search(one) for one in known]
    return all(any(word in one for one in folded) for word in search_words(wanted))


def _grant(role: str) -> str:
    words = _GRANTS.get(role)
    return words() if words else role


def _person(person_id: int) -> PersonLine:
    with query() as ctx:
        for person in administration.people(ctx):
            if person.id == person_id:
                return person
    raise NotFound("no_such_account")


@blueprint.get("/people/<int:person_id>")
@access(Permission.ADMINISTER)
def person(person_id: int) -> ResponseReturnValue:
    """One person and what can be done to the account, each with what it leads to."""
    found = _person(person_id)
    with query() as ctx:
        open_sessions = [s for s in administration.sessions(ctx) if s.person_id == person_id]
    return render_template(
        "administration/person.html",
        person=found,
        sessions=open_sessions,
        grant=_grant,
        is_self=person_id == actor().person_id,
        asked_by_reader=found.asked_by_id == actor().person_id,
        own_session=_own_session(),
    )


@blueprint.post("/people/<int:person_id>/password")
@access(Permission.ADMINISTER)
def reset_password(person_id: int) -> ResponseReturnValue:
    """A link for a new password, to the person's own address: no administrator ever sees it."""
    found = _person(person_id)
    with command() as ctx:
        password_links.send(ctx, person_id=person_id)
    log.info("password_link_sent", of=person_id, **who())
    flash(
        _(
            "%(name)sさんに、新しいパスワードを決めるためのリンクを送りました。24時間有効です。",
            name=found.name,
        ),
        "success",
    )
    return redirect(url_for("administration.person", person_id=person_id), 303)


@blueprint.post("/people/<int:person_id>/password/ask")
@access(Permission.ADMINISTER)
def ask_password(person_id: int) -> ResponseReturnValue:
    """Without an address: the first half, shown on this answer; another one must confirm."""
    found = _person(person_id)
    with command() as ctx:
        half = password_halves.ask(ctx, person_id=person_id)
    log.info("password_asked", of=person_id, **who())
    return render_template(
        "administration/password_half.html", person=found, half=half, is_first=True
    )


@blueprint.post("/people/<int:person_id>/password/confirm")
@access(Permission.ADMINISTER)
def confirm_password(person_id: int) -> ResponseReturnValue:
    """Another administrator confirms: the second half, shown on this answer."""
    found = _person(person_id)
    with command() as ctx:
        half = password_halves.confirm(ctx, person_id=person_id)
    log.info("password_confirmed", of=person_id, **who())
    return render_template(
        "administration/password_half.html", person=found, half=half, is_first=False
    )


@blueprint.post("/people/<int:person_id>/disable")
@access(Permission.ADMINISTER)
def disable(person_id: int) -> ResponseReturnValue:
    """Switch an account off; its sessions end at once."""
    return _set_disabled(person_id, disabled=True)


@blueprint.post("/people/<int:person_id>/enable")
@access(Permission.ADMINISTER)
def enable(person_id: int) -> ResponseReturnValue:
    """Switch an account on again."""
    return _set_disabled(person_id, disabled=False)


def _set_disabled(person_id: int, *, disabled: bool) -> ResponseReturnValue:
    found = _person(person_id)
    with command() as ctx:
        people.set_disabled(ctx, person_id=person_id, disabled=disabled)
    log.info("account_switched", of=person_id, disabled=disabled, **who())
    said = (
        _("%(name)sさんのアカウントを停止しました。ログインも終わらせました。", name=found.name)
        if disabled
        else _("%(name)sさんのアカウントを再開しました。", name=found.name)
    )
    flash(said, "success")
    return redirect(url_for("administration.person", person_id=person_id), 303)


@blueprint.get("/absences", endpoint="absences")
@access(Permission.ADMINISTER)
def absence_list() -> ResponseReturnValue:
    """Everybody's absences: running, to come, over."""
    with query() as ctx:
        lines = absences.everybody(ctx)
    return render_template(
        "administration/absences.html",
        tabs=tabs("absences"),
        absences=lines,
        words=absence_words,
    )


@blueprint.get("/post-reviews")
@access(Permission.FOLLOW_UP)
def open_readings() -> ResponseReturnValue:
    """What was decided without somebody and waits long to be read; nothing is done here."""
    with query() as ctx:
        readings = post_reviews.long_open(ctx)
    may_administer = Grant.ADMINISTRATOR in actor().grants
    return render_template(
        "administration/open_readings.html",
        tabs=tabs("readings") if may_administer else [],
        readings=readings,
        causes=absence_words.CAUSES,
        patience=post_reviews.PATIENCE_DAYS,
    )


@blueprint.get("/sessions")
@access(Permission.ADMINISTER)
def sessions() -> ResponseReturnValue:
    """Who is signed in now, from where, since when."""
    with query() as ctx:
        lines = administration.sessions(ctx)
    return render_template(
        "administration/sessions.html",
        tabs=tabs("sessions"),
        sessions=lines,
        own_session=_own_session(),
    )


def _own_session() -> int | None:
    found = signed_in()
    return found.session_id if found else None


@blueprint.post("/sessions/<int:session_id>/end")
@access(Permission.ADMINISTER)
def end_session(session_id: int) -> ResponseReturnValue:
    """End somebody's session: the next request of that browser must sign in again."""
    with command() as ctx:
        accounts.end_session(ctx, session_id=session_id)
    log.info("session_ended", ended=session_id, **who())
    flash(_("ログインを終わらせました。"), "success")
    return redirect(url_for("administration.sessions"), 303)


@blueprint.get("/ledger")
@access(Permission.VERIFY_LEDGER)
def ledger_page() -> ResponseReturnValue:
    """What the check is good for, and the button that runs it."""
    return _ledger(None)


@blueprint.post("/ledger")
@access(Permission.VERIFY_LEDGER)
def verify_ledger() -> ResponseReturnValue:
    """Walk every chain of events now and say what was found; changes nothing."""
    with query() as ctx:
        found = ledger.verify(ctx)
        checked_at = ctx.now
    log.info("ledger_verified", events=found.events, broken=len(found.broken))
    return _ledger({"result": found, "at": checked_at})


def _ledger(checked: dict[str, object] | None) -> str:
    may_administer = Grant.ADMINISTRATOR in actor().grants
    return render_template(
        "administration/ledger.html",
        tabs=tabs("ledger") if may_administer else [],
        checked=checked,
    )
