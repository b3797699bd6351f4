"""For administrators: next year's organisation and transfers, from the file to the receipt.

The file is read when it is handed in, and what was read is kept with its dry run; the confirmation
names it and nothing else, so that a browser cannot slip in another file or another day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import PurePosixPath

import structlog
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import forms
from web.access import access
from web.core import actor, command, query
from web.language import gettext as _
from web.language import locale
from web.request_size import largest_file_in_megabytes
from web.typed_dates import parts_of, read_day, typed_parts
from web.views.administration import tabs
from web.words import day as day_in_words
from workflow.calendar.fiscal_year import first_day, fiscal_year_of
from workflow.errors import BadInput, Conflict, Fault
from workflow.exchange.faults import FileRefused
from workflow.exchange.transfer_file import read_transfer_file
from workflow.messages import say_error
from workflow.policy import Permission
from workflow.queries import reorganisations
from workflow.services import reorganisation

blueprint = Blueprint("reorganisation", __name__, url_prefix="/administration/reorganisations")
log = structlog.get_logger(__name__)

#: Faults of a file that are written out; the rest is counted.
MOST_FAULTS = 100
#: Remarks on characters of a file that is otherwise taken.
MOST_REMARKS = 10
_LONGEST_NAME = 120

Words = Callable[[], str]

#: State → (words, kind of chip, icon).
STATES: Mapping[str, tuple[Words, str, str]] = {
    "proposed": (lambda: _("確認待ち"), "warning", "pencil"),
    "scheduled": (lambda: _("適用日を待っています"), "info", "clock"),
    "carried_out": (lambda: _("適用済み"), "success", "check"),
    "called_off": (lambda: _("取りやめ"), "neutral", "minus"),
}
ROLES: Mapping[str, Words] = {
    "lead_section": lambda: _("主担当課"),
    "responsible_department": lambda: _("評価部局"),
    "related_department": lambda: _("関連部局"),
    "project_section": lambda: _("担当課"),
    "publisher": lambda: _("公表担当"),
    "administrator": lambda: _("システム管理者"),
    "external_reviewer": lambda: _("外部評価委員"),
}
KINDS: Mapping[str, Words] = {
    "sheet": lambda: _("シート（部署がなくなる）"),
    "stage": lambda: _("シートの段階"),
    "measure": lambda: _("施策"),
    "project": lambda: _("事務事業"),
    "post": lambda: _("職（就く人がいない）"),
    "unit": lambda: _("部署（職員がいない）"),
    "grant": lambda: _("権限（持つ人がいない）"),
    "substitute": lambda: _("不在の代決者（異動する）"),
    "reading": lambda: _("後閲（読む人が退職する）"),
}


def _word(words: Mapping[str, Words], key: str) -> str:
    return words[key]() if key in words else key


@blueprint.get("")
@access(Permission.IMPORT)
def index() -> ResponseReturnValue:
    """Hand a file in; what was applied, and what is to come."""
    return _index()


def _index(
    typed: Mapping[str, str] | None = None,
    errors: Sequence[tuple[str, str]] = (),
    file_faults: Sequence[tuple[str, str]] = (),
) -> ResponseReturnValue:
    with query() as ctx:
        lines = reorganisations.reorganisations(ctx)
        next_april = first_day(fiscal_year_of(ctx.today) + 1)
    summary = (
        [("file", _("ファイルに誤りがあります。「ファイルの誤り」の表を見てください。"))]
        if file_faults
        else []
    )
    html = render_template(
        "administration/reorganisations.html",
        tabs=tabs("reorganisation"),
        lines=lines,
        state=lambda key: (STATES[key][0](), *STATES[key][1:]),
        typed=typed if typed is not None else parts_of(next_april),
        errors=[*errors, *summary],
        largest_file=largest_file_in_megabytes(),
        file_faults=file_faults[:MOST_FAULTS],
        more_faults=max(0, len(file_faults) - MOST_FAULTS),
    )
    return (html, 422) if errors or file_faults else html


@blueprint.post("")
@access(Permission.IMPORT)
def propose() -> ResponseReturnValue:
    """Read and try the file; nothing of it is applied yet."""
    typed = typed_parts(request.form, "effective_on")
    faults: list[Fault] = []
    day: date | None = None
    try:
        day = read_day(request.form, "effective_on")
    except BadInput as error:
        faults += error.faults
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        faults.insert(0, Fault("file", "required", {}))
    if faults or day is None or upload is None:
        return _index(typed, forms.sentences(faults))
    try:
        with closing(upload):
            file = read_transfer_file(upload.read(), _plain_name(upload.filename or ""))
        with command() as ctx:
            made = reorganisation.propose(ctx, file, effective_on=day)
    except FileRefused as refused:
        return _index(typed, (), _told(refused))
    except BadInput as error:
        return _index(typed, forms.sentences(error.faults))
    for odd in file.oddities()[:MOST_REMARKS]:
        flash(f"{odd.path} {say_error(odd, locale=locale())}", "warning")
    log.info("reorganisation_proposed", reorganisation=made, by=actor().person_id)
    return redirect(url_for(".show", reorganisation_id=made), 303)


def _plain_name(name: str) -> str:
    """The file's own name without folders, short enough for a page."""
    plain = PurePosixPath(name.replace("\\", "/")).name
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:_LONGEST_NAME]}{dot}{ending[:10]}"


def _told(refused: FileRefused) -> list[tuple[str, str]]:
    japanese = locale() != "en"
    return [
        (fault.path, fault.message_ja if japanese else fault.message_en) for fault in refused.faults
    ]


@blueprint.get("/<int:reorganisation_id>")
@access(Permission.IMPORT)
def show(reorganisation_id: int) -> ResponseReturnValue:
    """What it leads to; to confirm for who handed it in, a receipt afterwards."""
    return _show(reorganisation_id)


def _show(reorganisation_id: int, problem: str = "", faults: Sequence[tuple[str, str]] = ()) -> str:
    with query() as ctx:
        page = reorganisations.reorganisation(ctx, reorganisation_id)
    line = page.line
    return render_template(
        "administration/reorganisation.html",
        line=line,
        page=page,
        report=page.report,
        state=(STATES[line.state][0](), *STATES[line.state][1:]),
        role=lambda key: _word(ROLES, key),
        kind=lambda key: _word(KINDS, key),
        is_own=line.proposed_by_id == actor().person_id,
        in_english=locale() == "en",
        problem=problem,
        faults=faults,
    )


@blueprint.post("/<int:reorganisation_id>/apply")
@access(Permission.IMPORT)
def apply(reorganisation_id: int) -> ResponseReturnValue:
    """Apply what was shown, if it still comes out the same."""
    try:
        with command() as ctx:
            report = reorganisation.confirm(ctx, reorganisation_id=reorganisation_id)
    except FileRefused as refused:
        said = _("ファイルを取り込んだあとで組織が変わり、いまは適用できません。")
        return Response(_show(reorganisation_id, said, _told(refused)), 409)
    except (Conflict, BadInput) as error:
        return Response(_show(reorganisation_id, _said(error)), 409)
    log.info("reorganisation_applied", reorganisation=reorganisation_id, by=actor().person_id)
    flash(
        _("%(day)s付けの組織改編を適用しました。", day=day_in_words(report.effective_on)), "success"
    )
    return redirect(url_for(".show", reorganisation_id=reorganisation_id), 303)


def _said(error: Conflict | BadInput) -> str:
    faults = error.faults if isinstance(error, BadInput) else ()
    return "".join(say_error(item, locale=locale()) for item in faults or (error,))


@blueprint.post("/<int:reorganisation_id>/renew")
@access(Permission.IMPORT)
def renew(reorganisation_id: int) -> ResponseReturnValue:
    """Try it again with the organisation and the sheets as they are now."""
    try:
        with command() as ctx:
            reorganisation.renew(ctx, reorganisation_id=reorganisation_id)
    except FileRefused as refused:
        said = _("ファイルを取り込んだあとで組織が変わり、いまは適用できません。")
        return Response(_show(reorganisation_id, said, _told(refused)), 409)
    except (Conflict, BadInput) as error:
        return Response(_show(reorganisation_id, _said(error)), 409)
    flash(_("もう一度調べました。下の結果は、いまの組織とシートによるものです。"), "success")
    return redirect(url_for(".show", reorganisation_id=reorganisation_id), 303)


@blueprint.post("/<int:reorganisation_id>/call-off")
@access(Permission.IMPORT)
def call_off(reorganisation_id: int) -> ResponseReturnValue:
    """Take it back before its day."""
    with command() as ctx:
        reorganisation.call_off(ctx, reorganisation_id=reorganisation_id)
    log.info("reorganisation_called_off", reorganisation=reorganisation_id, by=actor().person_id)
    flash(_("取りやめました。組織と人事は、適用する前のとおりです。"), "success")
    return redirect(url_for(".index"), 303)
