"""What pages show again and again: drawn once, then kept in this process.

A chip, a span of days, a row or a table is the same for the same few words. The macros draw it,
in the reader's language; templates ask here. What is kept is found by all that it was drawn from,
so nothing that changed is ever shown as it was; the rules and the rows are asked anew each time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from flask import Flask, g, request, url_for
from markupsafe import Markup

from web.happenings import what_happened
from web.language import locale
from workflow.definition.model import Stage, StageKind

#: Of signs; more than the words of a few definitions give.
MOST_KEPT = 4096
#: Of rows and tables: of a kilobyte or two each, a few for everybody who works at the same time.
MOST_PARTS = 2048


class _Kind(NamedTuple):
    """As much of a stage as its chip looks at."""

    kind: StageKind


def sheet_href(evaluation_id: int) -> str:
    """The address of a sheet; the way there is looked up once per request."""
    if "sheet_prefix" not in g:
        g.sheet_prefix = url_for("sheets.show", evaluation_id=0).removesuffix("0")
    return f"{g.sheet_prefix}{evaluation_id:d}"


def init_app(app: Flask) -> None:
    """Make the signs known to templates."""

    # By type as well: what is marked as safe and a plain text may be equal.
    @lru_cache(MOST_KEPT, typed=True)
    def drawn(_language: str, file: str, name: str, *arguments: object) -> Markup:
        macros = app.jinja_env.get_template(f"macros/{file}.html").module
        return Markup(getattr(macros, name)(*arguments))  # noqa: S704 - by a macro

    @lru_cache(MOST_PARTS, typed=True)
    def part(_language: str, _root: str, file: str, name: str, *arguments: object) -> Markup:
        macros = app.jinja_env.get_template(file).module
        return Markup(getattr(macros, name)(*arguments))  # noqa: S704 - by a macro

    def kept(file: str, name: str, *arguments: object) -> Markup:
        """The macro *name* of *file*; its arguments are all that it looks at."""
        return part(locale(), request.script_root, file, name, *arguments)

    def days_left(days: int | None) -> Markup:
        return drawn(locale(), "state", "days_left", days)

    def stage_chip(stage: Stage, label: str, returned: bool = False) -> Markup:
        return drawn(locale(), "state", "stage_chip", _Kind(stage.kind), label, returned)

    @lru_cache(MOST_KEPT)
    def head(_root: str) -> Markup:
        return Markup(app.jinja_env.get_template("layout/_styles.html").render())  # noqa: S704

    def style_sheets() -> Markup:
        """The same on every page; the addresses begin where the site does."""
        return head(request.script_root)

    def icon(name: str) -> Markup:
        return drawn("", "icon", "icon", name)

    #: For measurements: without what was kept, each row is drawn again.
    app.extensions["hyoka_forget_parts"] = part.cache_clear
    app.jinja_env.globals.update(
        days_left=days_left,
        stage_chip=stage_chip,
        icon=icon,
        sheet_href=sheet_href,
        style_sheets=style_sheets,
        kept=kept,
        what_happened=what_happened,
    )
