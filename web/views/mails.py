"""For administrators: mails on their way, those that need a hand, and addresses that bounced."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, replace

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from web import deadline_words
from web.access import access
from web.core import command, query
from web.language import gettext as _
from web.language import locale
from web.views.administration import tabs
from workflow.errors import BadInput, Conflict
from workflow.messages import say_error
from workflow.policy import Permission
from workflow.queries import administration
from workflow.queries.administration import MailLine
from workflow.queries.mail_choices import mail_choices
from workflow.services import mail_addresses, mail_retry

blueprint = Blueprint("mails", __name__, url_prefix="/administration/mails")

#: A word that is said in the language of whoever reads it.
Words = Callable[[], str]

#: Mail state → (words, what it means, kind of chip, icon); in the order of urgency.
MAIL_STATES: Mapping[str, tuple[Words, Words, str, str]] = {
    "dead": (
        lambda: _("届きません"),
        lambda: _(
            "相手のサーバーが断ったか、試す回数を使い切りました。宛先を確かめてください。"
            "内容のうち今も有効なものは、次の開庁日のまとめに入れます。"
        ),
        "error",
        "error",
    ),
    "unknown": (
        lambda: _("届いたか不明"),
        lambda: _(
            "送り終えるところで接続が切れました。届いているかもしれません。"
            "内容のうち今も有効なものは、次の開庁日のまとめに入れます。"
        ),
        "warning",
        "warning",
    ),
    "sending": (lambda: _("送信中"), lambda: _("いま送っています。"), "info", "send"),
    "queued": (
        lambda: _("順番待ち"),
        lambda: _("次の機会に送ります。失敗したときは間をあけてやり直します。"),
        "info",
        "clock",
    ),
    "superseded": (
        lambda: _("取りやめ"),
        lambda: _(
            "その日のうちに送れませんでした。内容のうち今も有効なものは、新しいまとめに入れます。"
        ),
        "neutral",
        "circle",
    ),
    "sent": (
        lambda: _("送信済み"),
        lambda: _("相手のサーバーが受け取りました。"),
        "success",
        "check",
    ),
}


@blueprint.get("")
@access(Permission.ADMINISTER)
def index() -> ResponseReturnValue:
    """The latest mails; what needs somebody's attention first."""
    return page()


def page(ticked: Collection[str] | None = None) -> str:
    """The page with the boxes of what may be declined as they are stored, or as *ticked*."""
    with query() as ctx:
        lines = administration.mails(ctx)
        choices = mail_choices(ctx)
        refused = [one for one in administration.people(ctx) if one.mail_refusal is not None]
    if ticked is not None:
        choices = tuple(replace(one, allowed=one.kind in ticked) for one in choices)
    # Newest first within a state; what a digest covered needs nobody, like what was sent.
    order = list(MAIL_STATES)
    shown = sorted(
        lines, key=lambda mail: order.index("sent" if mail.covered_at is not None else mail.state)
    )
    open_ones = [mail for mail in lines if mail.covered_at is None]
    counts = [
        (MAIL_STATES[state][0](), sum(mail.state == state for mail in open_ones)) for state in order
    ]
    counts.append((_("まとめに引き継いだもの"), len(lines) - len(open_ones)))
    return render_template(
        "administration/mails.html",
        tabs=tabs("mails"),
        mails=[
            {**asdict(mail), "words": _mail_words(mail), "covered": _covered(mail)}
            for mail in shown
        ],
        counts=counts,
        meanings=[(words(), meaning()) for words, meaning, _kind, _icon in MAIL_STATES.values()],
        most=administration.MOST_MAILS,
        retryable=mail_retry.RETRYABLE,
        refused=refused,
        choices=choices,
        words=deadline_words,
    )


def _mail_words(mail: MailLine) -> tuple[str, str, str]:
    words, _meaning, kind, icon = MAIL_STATES[mail.state]
    return words(), kind, icon


def _covered(mail: MailLine) -> str:
    """What became of what a lost mail says; empty while nothing did."""
    if mail.covered_at is None:
        return ""
    if mail.covered_by is None:
        return _("知らせる必要がなくなりました")
    if mail.state == "superseded":
        return _("新しいまとめに入れました")
    return _("次のまとめに含めました")


@blueprint.post("/<int:mail_id>/retry")
@access(Permission.ADMINISTER)
def retry(mail_id: int) -> ResponseReturnValue:
    """もう一度送る: put a mail back that was given up or that may not have arrived."""
    try:
        with command() as ctx:
            mail_retry.retry(ctx, mail_id)
    except (BadInput, Conflict) as error:
        flash(say_error(error, locale=locale()), "warning")
    else:
        flash(_("メールを順番待ちに戻しました。まもなくもう一度送ります。"), "success")
    return redirect(url_for("mails.index"), 303)


@blueprint.post("/addresses/<int:person_id>/confirm")
@access(Permission.ADMINISTER)
def confirm_address(person_id: int) -> ResponseReturnValue:
    """宛先は正しい: an address that a server refused is written to again."""
    try:
        with command() as ctx:
            mail_addresses.confirm(ctx, person_id=person_id)
    except Conflict as error:
        flash(say_error(error, locale=locale()), "warning")
    else:
        flash(
            _("宛先をまた使うようにしました。届かなかった内容は次のまとめに入ります。"), "success"
        )
    return redirect(url_for("mails.index"), 303)
