"""The web over a test's city, and browsers that keep a cookie and send the form's token along."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.city import City
from web import create_app
from workflow.application import Application

Form = Mapping[str, str | int | Sequence[str | int]]

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Browser:
    """One browser: a cookie jar, and the token of the last page it saw."""

    client: FlaskClient

    def get(self, path: str, **others: Any) -> TestResponse:
        """Open a page; redirects are not followed."""
        return self.client.get(path, **others)

    def post(self, path: str, form: Form | None = None, **others: Any) -> TestResponse:
        """Press a button: the form's fields with the token of this session."""
        data = {"csrf_token": self.token(), **(form or {})}
        return self.client.post(path, data=data, **others)

    def token(self) -> str:
        """A token that this session may use."""
        for page in ("/account/password", "/sign-in"):
            found = _TOKEN.search(self.client.get(page).text)
            if found:
                return found[1]
        raise AssertionError("no page with a form")

    def sign_in(self, name: str, password: str, **others: str) -> TestResponse:
        """Fill the form of the door in and press the button."""
        form = {"sign_in_name": name, "password": password, **others}
        return self.post("/sign-in", form)

    def cookie(self) -> str:
        """The session cookie's value; empty without one."""
        found = self.client.get_cookie("hyoka")
        return found.value if found is not None else ""

    @property
    def is_signed_in(self) -> bool:
        """Whether a page for members of staff opens."""
        return self.get("/progress").status_code == 200


@dataclass
class Site:
    """The Flask application over a city."""

    app: Flask
    city: City

    def browser(self) -> Browser:
        """A browser that nobody signed in with."""
        return Browser(self.app.test_client())

    def signed_in(self, name: str) -> Browser:
        """A browser in which *name* signed in with the one-time password."""
        browser = self.browser()
        response = browser.sign_in(name, self.city.passwords[name])
        assert response.status_code == 302, response.text
        return browser

    def with_cookie(self, value: str) -> Browser:
        """A browser that sends a cookie it got from elsewhere."""
        browser = self.browser()
        browser.client.set_cookie("hyoka", value)
        return browser


def site_of(application: Application, passwords: Mapping[str, str]) -> Site:
    """The web over *application*."""
    app = create_app(application)
    return Site(app, City(application, passwords))


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a" and values.get("href"):
            self.found.append(values["href"] or "")


def links(html: str) -> list[str]:
    """The addresses of this site that a page links to, without fragments."""
    parser = _Links()
    parser.feed(html)
    return [href.partition("#")[0] for href in parser.found if href.startswith("/")]


def text_of(html: str) -> str:
    """What a page says, without its tags, white space folded."""
    body = html.partition("<main")[2].partition(">")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()
