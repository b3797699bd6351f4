"""A new password by the link that went to the person's own address; nobody is signed in here.

Looking at the link changes nothing: programs that look at the links in mails use none up.
"""

from __future__ import annotations

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web.access import public
from web.core import application, reading
from web.language import gettext as _
from web.language import locale
from workflow import passwords
from workflow.errors import BadInput, NotFound
from workflow.messages import say, say_error
from workflow.policy import Actor
from workflow.services import password_links

blueprint = Blueprint("password_link", __name__, url_prefix="/password")
log = structlog.get_logger(__name__)

#: Who comes by the link: the link itself says who they are.
NOBODY = Actor(person_id=0, name="")


@blueprint.get("/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """The form for the new password, or what to do where the link holds no more."""
    return _form(token, [])


@blueprint.post("/<token>")
@public
def use(token: str) -> ResponseReturnValue:
    """Set the new password; all sessions of the person end."""
    new, again = request.form.get("new", ""), request.form.get("again", "")
    errors = []
    if not new:
        errors = [("new", _("新しいパスワードを入力してください。"))]
    elif new != again:
        errors = [("again", say("passwords_differ", locale=locale()))]
    else:
        try:
            with application().command(NOBODY) as ctx:
                person = password_links.use(ctx, token=token, new=new)
        except NotFound:
            log.info("password_link_refused", address=request.remote_addr)
            return _form(token, [])
        except BadInput as error:
            errors = [(fault.path, say_error(fault, locale=locale())) for fault in error.faults]
    if errors:
        return _form(token, errors)
    log.info("password_set_by_link", person=person, address=request.remote_addr)
    flash(_("新しいパスワードを設定しました。このパスワードでログインしてください。"), "success")
    return redirect(url_for("account.sign_in"), 303)


def _form(token: str, errors: list[tuple[str, str]]) -> ResponseReturnValue:
    with reading() as ctx:
        name = password_links.holder(ctx, token)
    page = render_template(
        "account/password_link.html",
        name=name,
        token=token,
        errors=errors,
        shortest=passwords.SHORTEST,
        longest=passwords.LONGEST,
    )
    return page, 404 if name is None else 422 if errors else 200
