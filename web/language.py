"""Flask-Babel with catalogues read from their .po text: nothing compiled lies in the repository.

The message ids are the Japanese sentences, so Japanese is complete by itself.
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import cast

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, request, session
from flask_babel import Babel, Domain, get_locale
from markupsafe import Markup

LOCALES = ("ja", "en")
CATALOGUES = Path(__file__).parent / "translations"


@lru_cache
def _catalogue(locale: str) -> NullTranslations:
    path = CATALOGUES / locale / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=locale)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


class PoDomain(Domain):  # type: ignore[misc]
    """Flask-Babel's domain, reading .po files."""

    def get_translations(self) -> NullTranslations:
        """The catalogue of the reader's language."""
        return _catalogue(locale())


def gettext(message: str, **values: object) -> str:
    """*message* in the reader's language; without Flask-Babel's way through its contexts."""
    said = str(_catalogue(locale()).gettext(message))
    return said % values if values else said


def locale() -> str:
    """``ja`` or ``en``; found once per request."""
    try:
        return cast(str, g.locale)
    except (AttributeError, RuntimeError):  # not found yet, or no request at all
        found = get_locale()
        language = str(found.language) if found is not None else "ja"
        if g:
            g.locale = language
        return language


@lru_cache(maxsize=4096)
def _marked_up(message: str, language: str) -> Markup:
    """A sentence of a template; its per cent signs are still doubled."""
    return Markup(_catalogue(language).gettext(message))  # noqa: S704 - a template's own sentence


@lru_cache(maxsize=4096)
def _without_values(message: str, language: str) -> Markup:
    return _marked_up(message, language) % {}


def in_template(message: str, **values: object) -> Markup:
    """*message* in the reader's language; *values* are escaped."""
    if not values:
        return _without_values(message, locale())
    return _marked_up(message, locale()) % values


def choose() -> str:
    """What the reader chose, else what the browser asks for, else Japanese.

    Public pages take it from the address and never look at the session, so that they set no
    cookie and can be kept by caches.
    """
    chosen = request.args.get("lang") if is_public_page() else session.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    return request.accept_languages.best_match(LOCALES) or "ja"


def is_public_page() -> bool:
    """Whether the page is one that anybody may read: the same for everybody in a language."""
    return request.path == "/public" or request.path.startswith("/public/")


def init_app(app: Flask) -> None:
    """Set Flask-Babel up."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    babel = Babel(
        app,
        default_locale="ja",
        default_timezone="Asia/Tokyo",
        locale_selector=choose,
    )
    # Flask-Babel would make a domain of its own, which reads compiled catalogues only. Views and
    # templates alike ask the instance for it.
    babel.domain_instance = PoDomain()
    # A page of rows asks for hundreds of words: the shortest way to them.
    app.jinja_env.globals.update(gettext=in_template, _=in_template)
    app.context_processor(lambda: {"locale": locale()})
