"""A form that came without the session it was made for: whose it is, and keeping it for them.

Every form carries a token against forgery, which we sign. Into it goes for whom the page was made,
so a press still tells who typed when the cookie is long gone, and nobody else is ever shown it.
"""

from __future__ import annotations

import re
import secrets

from flask import current_app, request, session, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.exceptions import HTTPException

from web.core import application, came_from
from workflow.policy import Actor
from workflow.services import unsent_forms
from workflow.services.unsent_forms import UnsentForm

#: As flask_wtf.csrf names and salts it.
TOKEN = "csrf_token"  # noqa: S105 - the name of a field
_SALT = "wtf-csrf-token"
#: Fields whose type is `password`; a test looks for others on every page.
PASSWORDS = frozenset({"password", "current", "new", "again"})
#: Ids, choices, keys and figures: what a page that cannot show its form need not give back.
_NOT_TYPED = re.compile(r"[!-~]*")

_NOBODY = Actor(person_id=0, name="")


def mark_forms(person_id: int | None) -> None:
    """From now on the forms of this session say that they are this person's."""
    session[TOKEN] = f"{person_id}.{secrets.token_hex(20)}"


def writer_of(token: str) -> int | None:
    """The person for whom the page with this token was made; None where we cannot tell.

    However old the token: what was typed counts, and nothing is done by it.
    """
    signer = URLSafeTimedSerializer(str(current_app.secret_key), salt=_SALT)
    try:
        person, mark, _random = str(signer.loads(token)).partition(".")
    except BadSignature:
        return None
    return int(person) if mark and person.isascii() and person.isdigit() else None


def written_by() -> int | None:
    """The person for whom the form of this request was made."""
    return writer_of(request.form.get(TOKEN, ""))


def _form() -> UnsentForm:
    return UnsentForm(
        came_from(),
        tuple(
            (name, value)
            for name, value in request.form.items(multi=True)
            if name != TOKEN and name not in PASSWORDS
        ),
        has_files(),
    )


def has_files() -> bool:
    """Whether a file came with the form."""
    return any(file.filename for file in request.files.values())


def texts() -> list[str]:
    """What somebody typed into the form of this request, for a page that cannot show the form.

    Texts, not choices and ids: whatever holds a space or a letter that is not ASCII.
    """
    if request.method != "POST":
        return []
    try:
        fields = list(request.form.items(multi=True))
    except HTTPException:
        # Too large to be read, which is what the page is about.
        return []
    return [
        value for name, value in fields if name not in PASSWORDS and not _NOT_TYPED.fullmatch(value)
    ]


def leads_back(address: str) -> bool:
    """Whether *address* is that of a kept form."""
    return address.startswith("/unsent/")


def keep() -> str | None:
    """Keep the form of this request for who typed it; the address that leads back to it.

    None where we cannot tell who that was, or where nothing was typed or chosen.
    """
    person_id, form = written_by(), _form()
    if person_id is None or not (form.had_files or any(value for _name, value in form.fields)):
        return None
    with application().command(_NOBODY) as ctx:
        token = unsent_forms.keep(ctx, person_id=person_id, form=form)
    return url_for("unsent.show", token=token)
