"""Reads the forms on a page, as a browser would send them when a button is pressed."""

from __future__ import annotations

from html.parser import HTMLParser

from werkzeug.test import TestResponse

from tests.web.site import Browser


class _Forms(HTMLParser):
    """The fields of every form, by the form's address."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._fields: dict[str, str] | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = self.found.setdefault(values.get("action", ""), {})
        elif self._fields is None:
            return
        elif tag == "textarea":
            self._area = values["name"]
            self._fields[self._area] = ""
        elif tag == "input":
            chosen = values.get("type") not in ("radio", "checkbox") or "checked" in values
            if chosen and "name" in values:
                self._fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None and self._fields is not None:
            # The first line break belongs to the tag.
            self._fields[self._area] = self._fields[self._area].removeprefix("\n")
            self._area = None
        elif tag == "form":
            self._fields = None

    def handle_data(self, data: str) -> None:
        if self._area is not None and self._fields is not None:
            self._fields[self._area] += data


def forms_on(html: str) -> dict[str, dict[str, str]]:
    """Address → fields of every form on the page."""
    parser = _Forms()
    parser.feed(html)
    return parser.found


def open_form(browser: Browser, page: str, target: str) -> dict[str, str]:
    """Open *page* and read the fields of its form that goes to *target*."""
    response = browser.get(page)
    assert response.status_code == 200, (page, response.status)
    return forms_on(response.text)[target]


def press(browser: Browser, target: str, fields: dict[str, str]) -> TestResponse:
    """Send a form exactly as it stands, with the token that came with it."""
    return browser.client.post(target, data=fields)
