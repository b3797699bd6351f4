"""One's own account: signing in and out, the password, the post, the language; and the root."""

from __future__ import annotations

import math
from datetime import datetime

import structlog
from flask import (
    Blueprint,
    Response,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import logout_user
from flask_wtf.csrf import generate_csrf

from web import devices, login, unsent
from web.access import access, public
from web.core import (
    actor,
    application,
    command,
    is_given_back,
    safe_path,
    session_token,
    signed_in,
    who,
)
from web.language import LOCALES, locale
from web.language import gettext as _
from workflow import passwords
from workflow.errors import BadInput, Refused
from workflow.messages import say, say_error
from workflow.policy import Actor, Permission
from workflow.services import accounts

blueprint = Blueprint("account", __name__)
log = structlog.get_logger(__name__)

#: Who knocks at the door: nobody yet.
NOBODY = Actor(person_id=0, name="")


@blueprint.get("/")
@public
def home() -> ResponseReturnValue:
    """The root: one's desk; the door for those who are not signed in (it shows the public way)."""
    return redirect(url_for("desk.index" if signed_in() else "account.sign_in"))


@blueprint.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """The form; whoever is signed in already goes on."""
    target = safe_path(request.args.get("next"), url_for("account.home"))
    if signed_in() is not None:
        return redirect(target)
    return _sign_in_form(target, came_back="next" in request.args)


@blueprint.post("/sign-in")
@public
def sign_in_now() -> ResponseReturnValue:
    """Check the password and begin a session of its own."""
    target = safe_path(request.form.get("next"), url_for("account.home"))
    name = request.form.get("sign_in_name", "").strip()
    password = request.form.get("password", "")
    errors = _missing({"sign_in_name": name, "password": password})
    if is_given_back():
        return _sign_in_form(target, name=name)
    if errors:
        return _sign_in_form(target, name=name, errors=errors), 422

    device = devices.known_or_new()
    with application().command(NOBODY) as ctx:
        outcome = accounts.sign_in(
            ctx,
            sign_in_name=name,
            password=password,
            client=request.user_agent.string,
            address=request.remote_addr or "",
            device=device,
            only=_only(),
        )
        now = ctx.now
    if isinstance(outcome, Refused) and outcome.code == "sign_in_crowded":
        said = say_error(outcome, locale=locale())
        return later(
            _sign_in_form(target, name=name, errors=[("sign_in_name", said)]), outcome, now
        )
    if isinstance(outcome, Refused):
        plain = outcome.code in ("one_time_password_expired", "another_wrote_here")
        said = say_error(outcome, locale=locale()) if plain else _refusal()
        return _sign_in_form(target, name=name, errors=[("sign_in_name", said)]), 422

    login.begin(outcome)
    devices.keep(device)
    found = signed_in()
    log.info("signed_in", **who())
    if _in_place():
        return "", 204
    if found is not None and found.actor.must_change_password:
        return redirect(url_for("account.password", next=target))
    return redirect(target)


def later(body: str, refusal: Refused, now: datetime) -> Response:
    """An answer that says when to come again (RFC 6585)."""
    seconds = max(1, math.ceil((refusal.values["until"] - now).total_seconds()))
    return Response(body, 429, headers={"Retry-After": str(seconds)})


def _in_place() -> bool:
    """Whether a script asks, over a page that stays (``static/js/session.js``)."""
    return request.headers.get("X-Requested-With") == "fetch"


def _only() -> int | None:
    """Who alone may sign in: over a page that stays, the person whose page it is."""
    return (unsent.writer_of(request.form.get("written_by", "")) or 0) if _in_place() else None


@blueprint.get("/account/session")
@public
def session_state() -> ResponseReturnValue:
    """For scripts, before a press: does the session of the page's reader go on?

    The page says whose it is by the token of a form. ``here`` comes with a token that is fresh.
    """
    found = signed_in()
    if found is None:
        return jsonify(state="ended")
    if unsent.writer_of(request.headers.get("X-Form-Token", "")) != found.actor.person_id:
        return jsonify(state="another")
    return jsonify(state="here", csrf_token=generate_csrf())


def _refusal() -> str:
    # One sentence for every reason: it must not tell whether a name exists (ASVS 6.3.8), and only
    # names that exist are ever made to wait.
    return _(
        "ログインできませんでした。利用者名かパスワードが違うか、誤りが続いたため"
        "受付を一時止めています（1分から15分）。"
    )


def _missing(values: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (name, {
            "sign_in_name": _("利用者名を入力してください。"),
            "password": _("パスワードを入力してください。"),
            "current": _("いまのパスワードを入力してください。"),
            "new": _("新しいパスワードを入力してください。"),
            "again": _("新しいパスワードをもう一度入力してください。"),
        }[name])
        for name, value in values.items()
        if not value
    ]  # fmt: skip


def _sign_in_form(
    target: str,
    *,
    name: str = "",
    errors: list[tuple[str, str]] | None = None,
    came_back: bool = False,
) -> str:
    return render_template(
        "account/sign_in_place.html" if _in_place() else "account/sign_in.html",
        next=target,
        name=name,
        errors=errors or [],
        came_back=came_back,
        form_is_kept=unsent.leads_back(target),
    )


@blueprint.post("/sign-out")
@access(Permission.CHANGE_OWN_ACCOUNT)
def sign_out() -> ResponseReturnValue:
    """End this session for good: the row first, then the cookie."""
    with command() as ctx:
        accounts.sign_out(ctx, token=session_token())
    log.info("signed_out", **who())
    chosen = locale()
    logout_user()
    session.clear()
    session["locale"] = chosen
    flash(_("ログアウトしました。"), "success")
    response = redirect(url_for("account.sign_in"))
    # Whoever goes leaves nothing for the next one at this machine. Not the cookies: the language
    # and the device that is known stay. A session that ends by itself clears nothing.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.get("/account/password")
@access(Permission.CHANGE_OWN_ACCOUNT)
def password() -> ResponseReturnValue:
    """The form for a new password, with the rules beforehand."""
    return _password_form(safe_path(request.args.get("next"), ""))


@blueprint.post("/account/password")
@access(Permission.CHANGE_OWN_ACCOUNT)
def change_password() -> ResponseReturnValue:
    """Set one's own password; all other sessions end."""
    target = safe_path(request.form.get("next"), "")
    typed = {name: request.form.get(name, "") for name in ("current", "new", "again")}
    errors = _missing(typed)
    if not errors and typed["new"] != typed["again"]:
        errors = [("again", say("passwords_differ", locale=locale()))]
    if not errors:
        device = devices.known_or_new()
        try:
            with command() as ctx:
                now = ctx.now
                accounts.change_password(
                    ctx,
                    token=session_token(),
                    current=typed["current"],
                    new=typed["new"],
                    device=device,
                )
            devices.keep(device)
        except Refused as refused:
            if refused.code != "sign_in_blocked":
                raise
            said = say_error(refused, locale=locale())
            return later(_password_form(target, [("current", said)]), refused, now)
        except BadInput as error:
            errors = [(fault.path, say_error(fault, locale=locale())) for fault in error.faults]
    if errors:
        return _password_form(target, errors), 422

    log.info("password_changed", **who())
    flash(_("パスワードを変更しました。ほかの端末のログインは終わらせました。"), "success")
    return redirect(target or url_for("account.home"))


def _password_form(target: str, errors: list[tuple[str, str]] | None = None) -> str:
    return render_template(
        "account/password.html",
        next=target,
        errors=errors or [],
        first=actor().must_change_password,
        shortest=passwords.SHORTEST,
        longest=passwords.LONGEST,
    )


@blueprint.post("/account/post")
@access(Permission.CHANGE_OWN_ACCOUNT)
def choose_post() -> ResponseReturnValue:
    """Act in another of one's own posts from now on."""
    found = signed_in()
    assignment_id = request.form.get("assignment_id", type=int)
    if found is None or assignment_id is None:
        raise BadInput("invalid_form")
    with command() as ctx:
        accounts.choose_post(ctx, session_id=found.session_id, assignment_id=assignment_id)
    chosen = next(p.capacity for p in found.posts if p.assignment_id == assignment_id)
    flash(_("これから「%(post)s」として操作します。", post=chosen), "success")
    return redirect(safe_path(request.form.get("next"), url_for("account.home")))


@blueprint.post("/language")
@public
def language() -> ResponseReturnValue:
    """Show the pages in another language from now on, kept in this browser alone."""
    wanted = request.form.get("locale")
    if wanted not in LOCALES:
        raise BadInput("not_a_choice")
    session["locale"] = wanted
    return redirect(safe_path(request.form.get("next"), url_for("account.home")))
