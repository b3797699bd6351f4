"""Publishing, for the bureau: choose, look again, ask for it, watch it, call it off."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import forms
from web.access import access
from web.core import command, is_given_back, query
from web.frame import chosen_cycle, cycle_label
from web.gaps import odd_in_words
from web.language import gettext as _
from web.language import locale
from web.typed_dates import read_moment, typed_parts
from workflow.errors import BadInput, Fault, NotFound
from workflow.messages import MESSAGES, say
from workflow.policy import Permission
from workflow.queries import publications, sheets
from workflow.queries.publications import Candidate, PublicationView
from workflow.queries.sheets import CycleChoice
from workflow.services import publication

blueprint = Blueprint("publication", __name__)

#: State → (words, kind of chip, icon).
STATES: Mapping[str, tuple[Callable[[], str], str, str]] = {
    "requested": (lambda: _("順番を待っています"), "info", "clock"),
    "building": (lambda: _("内容を固めています"), "info", "half"),
    "ready": (lambda: _("公表の日時を待っています"), "info", "clock"),
    "published": (lambda: _("公表しました"), "success", "globe"),
    "cancelled": (lambda: _("取り消しました"), "neutral", "cross"),
    "failed": (lambda: _("公表できませんでした"), "error", "error"),
}


@dataclass(frozen=True)
class Choice:
    """What somebody ticked and typed; kept when the form comes back."""

    ids: frozenset[int]
    when: str
    day: Mapping[str, str]
    time: str


@blueprint.get("/publication")
@access(Permission.PUBLISH)
def index() -> ResponseReturnValue:
    """What can be chosen, what cannot and why, and the versions so far."""
    return _choosing()


@blueprint.post("/publication/check")
@access(Permission.PUBLISH)
def check() -> ResponseReturnValue:
    """Look again before asking: what will be published, what will not, and when."""
    choice = _typed()
    faults: list[Fault] = []
    publish_at: datetime | None = None
    try:
        publish_at = read_moment(request.form, "day", "time") if choice.when == "later" else None
    except BadInput as error:
        faults.extend(error.faults)
    with query() as ctx:
        cycle = _cycle_of_form(sheets.cycles(ctx))
        candidates = publications.candidates(ctx, cycle.id)
        if publish_at is not None and publish_at <= ctx.now:
            faults.append(Fault("day", "time_in_the_past", {}))
    chosen = [c for c in candidates if c.id in choice.ids and c.reason is None]
    if not chosen:
        faults.insert(0, Fault("evaluations", "nothing_selected", {}))
    if is_given_back():
        return _choosing(choice)
    if faults:
        return _choosing(choice, faults), 422
    with query() as ctx:
        odd = publications.odd_texts(ctx, [candidate.id for candidate in chosen])
    return render_template(
        "publication/check.html",
        odd=[(text, odd_in_words(text.content, text.fault)) for text in odd],
        cycle=cycle,
        cycle_label=cycle_label(cycle),
        chosen=chosen,
        others=[(c, _why_not(c)) for c in candidates if c not in chosen],
        publish_at=publish_at,
        choice=choice,
        request_key=secrets.token_hex(16),
    )


@blueprint.post("/publication")
@access(Permission.PUBLISH)
def request_publication() -> ResponseReturnValue:
    """Ask for the publication; a second press of the same button answers with the first."""
    choice = _typed()
    with query() as ctx:
        cycle = _cycle_of_form(sheets.cycles(ctx))
    try:
        with command() as ctx:
            requested = publication.request(
                ctx,
                cycle_id=cycle.id,
                evaluation_ids=sorted(choice.ids),
                publish_at=_checked_moment(),
                request_key=request.form.get("request_key", "") or secrets.token_hex(16),
            )
    except BadInput as error:
        # Somebody returned or changed a sheet meanwhile, or the time has passed.
        return _choosing(choice, list(error.faults)), 422
    return redirect(url_for("publication.show", publication_id=requested.publication_id), 303)


@blueprint.get("/publication/<int:publication_id>")
@access(Permission.PUBLISH)
def show(publication_id: int) -> ResponseReturnValue:
    """One publication: how far it is, what fell out, which hash the manifest has."""
    with query() as ctx:
        view = publications.one(ctx, publication_id)
        cycle = next(c for c in sheets.cycles(ctx) if c.id == view.cycle_id)
        waits = view.state == "ready" and view.publish_at > ctx.now
    return render_template(
        "publication/show.html",
        cycle=cycle,
        cycle_label=cycle_label(cycle),
        **_progress_values(view, waits),
    )


@blueprint.get("/publication/<int:publication_id>/progress")
@access(Permission.PUBLISH)
def progress(publication_id: int) -> ResponseReturnValue:
    """The part of the page above that changes, for htmx."""
    with query() as ctx:
        view = publications.one(ctx, publication_id)
        waits = view.state == "ready" and view.publish_at > ctx.now
    return render_template("publication/_progress.html", **_progress_values(view, waits))


@blueprint.post("/publication/<int:publication_id>/cancel")
@access(Permission.PUBLISH)
def cancel(publication_id: int) -> ResponseReturnValue:
    """Call it off before the readers see anything."""
    with command() as ctx:
        publication.cancel(ctx, publication_id=publication_id)
    flash(_("公表を取り消しました。公表ページは変わっていません。"), "success")
    return redirect(url_for("publication.show", publication_id=publication_id), 303)


def _choosing(choice: Choice | None = None, faults: list[Fault] | None = None) -> str:
    with query() as ctx:
        cycles = sheets.cycles(ctx)
        cycle = _cycle_of_form(cycles) if request.method == "POST" else chosen_cycle(cycles)
        if cycle is None:
            return render_template("publication/empty.html")
        candidates = publications.candidates(ctx, cycle.id)
        history = publications.of_cycle(ctx, cycle.id)
    open_ones = [c for c in candidates if c.reason is None]
    if choice is None:
        nothing = request.args.get("select") == "none"
        ids = frozenset() if nothing else frozenset(c.id for c in open_ones)
        choice = Choice(ids, "now", {}, "9:00")
    return render_template(
        "publication/index.html",
        cycle=cycle,
        cycle_label=cycle_label(cycle),
        candidates=open_ones,
        excluded=[(c, _why_not(c)) for c in candidates if c.reason is not None],
        history=[(view, *_state(view)) for view in history],
        running=next((view for view in history if view.is_running), None),
        choice=choice,
        errors=forms.sentences(replace(one, path=_field(one)) for one in faults or []),
    )


def _field(fault: Fault) -> str:
    """The field that the error summary leads to; the moment was typed into several."""
    return {"publish_at": "day"}.get(fault.path, fault.path)


def _typed() -> Choice:
    return Choice(
        ids=frozenset(request.form.getlist("evaluations", type=int)),
        when="later" if request.form.get("when") == "later" else "now",
        day=typed_parts(request.form, "day"),
        time=request.form.get("time", ""),
    )


def _cycle_of_form(cycles: tuple[CycleChoice, ...]) -> CycleChoice:
    wanted = request.form.get("cycle", type=int)
    found = next((cycle for cycle in cycles if cycle.id == wanted), None)
    if found is None:
        raise NotFound("no_such_cycle")
    return found


def _checked_moment() -> datetime | None:
    """The instant that the page of checking showed, as it wrote it down."""
    text = request.form.get("publish_at", "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput("invalid_form", (Fault("day", "not_a_date", {"typed": text}),)) from error
    if moment.tzinfo is None:
        raise BadInput("invalid_form", (Fault("day", "not_a_date", {"typed": text}),))
    return moment


def _why_not(candidate: Candidate) -> str:
    if candidate.reason is None:
        return _("選ばれていません。")
    if candidate.reason == "not_approved":
        return _("まだ承認が終わっていません。")
    return say(candidate.reason, locale=locale())


def _state(view: PublicationView) -> tuple[str, str, str]:
    words, kind, icon = STATES[view.state]
    return words(), kind, icon


def _progress_values(view: PublicationView, waits: bool) -> dict[str, object]:
    return {
        "publication": view,
        "state": _state(view),
        # While a worker is busy every two seconds, while only the clock must go on rarely.
        "poll_seconds": (30 if waits else 2) if view.is_running else 0,
        "problem": _problem(view),
        "left_out": [
            (code, name, say(reason, {"sheet": code}, locale=locale()))
            for code, name, reason in view.left_out
        ],
    }


def _problem(view: PublicationView) -> str | None:
    """What went wrong, in words; the technical text is for the log alone."""
    if view.last_error is None or view.state in ("published", "cancelled"):
        return None
    if view.last_error in MESSAGES:
        return say(view.last_error, locale=locale())
    if view.state == "failed":
        return _("処理が続けて失敗したため、やめました。システム管理者に知らせてください。")
    return _("処理が一度失敗しました。自動でやり直しています。")
