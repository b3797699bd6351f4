"""What stands around every page: municipality, navigation with its count, the person and posts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask, g, request, session, url_for
from flask_babel import gettext as _

from web.core import application, query, signed_in
from web.language import is_public_page, locale
from web.words import cycle_kind, fiscal_year
from workflow.application import Context
from workflow.definition.facts import Grant
from workflow.queries import desk, frame, sheets
from workflow.queries.bench_turns import on_the_bench
from workflow.queries.frame import Around
from workflow.services.accounts import SignedIn


@dataclass
class Frame:
    """Read by the layouts; see docs/front-end.md."""

    product: str
    municipality: str
    locale: str
    language_href: str | None
    home_href: str
    navigation: list[dict[str, Any]] = field(default_factory=list)
    person: dict[str, Any] | None = None
    cycle_label: str | None = None
    cycles: list[dict[str, Any]] = field(default_factory=list)
    search_href: str | None = None
    footer_links: list[dict[str, str]] = field(default_factory=list)
    public_href: str = "/public/"
    #: How many sheets wait on the workbench for the person's word, over all of their posts.
    on_bench: int = 0
    #: Public pages: the same page in the other language, as an ordinary link.
    other_language_href: str | None = None
    #: The absence of the reader that counts today: until when, and where to end it.
    absence: dict[str, Any] | None = None


def waits(turns: desk.Turns) -> None:
    """What waits for the reader, from a view that knows it already."""
    g.turns = turns


def shows(cycles: tuple[sheets.CycleChoice, ...]) -> None:
    """The cycles to choose from, from a view that knows them already."""
    g.cycles = cycles


def build() -> Frame:
    """The frame of this request; when the database is away, only what needs none."""
    made = Frame(
        product=_("行政評価"),
        municipality="",
        locale=locale(),
        language_href=url_for("account.language"),
        home_href=url_for("account.home"),
        footer_links=[{"label": _("公表ページ"), "href": url_for("public.index")}],
    )
    if is_public_page():
        return _public(made)
    try:
        with query() as ctx:
            found = signed_in()
            if found is None:
                made.municipality = frame.municipality(ctx)
                return made
            around = frame.around(ctx)
            made.municipality = around.municipality
            if not found.actor.must_change_password:
                _for_person(made, found, around, ctx)
    except sa.exc.OperationalError:
        return made
    return made


def _public(made: Frame) -> Frame:
    """Nothing personal: the session is not even looked at."""
    other = "ja" if made.locale == "en" else "en"
    made.language_href = None
    made.other_language_href = f"{request.path}?{urlencode({'lang': other})}"
    made.footer_links = [{"label": _("職員の方（ログイン）"), "href": url_for("account.sign_in")}]
    try:
        with application().query() as ctx:
            made.municipality = frame.municipality(ctx)
    except sa.exc.OperationalError:
        return made
    return made


#: Areas that stand in the menu under another one.
_PART_OF = {
    "reorganisation": "administration",
    "status": "administration",
    "closed_days": "administration",
    "mails": "administration",
    "deadlines": "progress",
}


def _for_person(made: Frame, found: SignedIn, around: Around, ctx: Context) -> None:
    current = (request.blueprint or "").split(".")[0]
    current = _PART_OF.get(current, current)
    made.person = {
        "name": found.actor.name,
        "post": found.actor.capacity,
        "posts": [
            {
                "assignment_id": post.assignment_id,
                "label": post.capacity,
                "current": post.assignment_id == found.actor.assignment_id,
            }
            for post in found.posts
        ],
        "switch_href": url_for("account.choose_post"),
        "sign_out_href": url_for("account.sign_out"),
        "links": [
            {"label": _("不在の登録"), "href": url_for("absences.index")},
            {"label": _("期限のカレンダー"), "href": url_for("feed.index")},
            {"label": _("メールの受け取り"), "href": url_for("mail_choices.index")},
            *_oversight(found),
            {"label": _("ログイン中の端末"), "href": url_for("own_sessions.index")},
            {"label": _("パスワードの変更"), "href": url_for("account.password")},
        ],
    }
    if around.absence is not None:
        made.absence = {
            "until": around.absence.last_day,
            "end_href": url_for("absences.end", absence_id=around.absence.id),
        }
    cycles = g.get("cycles") or sheets.cycles(ctx)
    chosen = chosen_cycle(cycles)
    if chosen is not None:
        made.cycle_label = cycle_label(chosen)
        made.cycles = [
            {
                "label": cycle_label(cycle),
                "href": url_for("sheets.index", cycle=cycle.id),
                "current": cycle.id == chosen.id,
            }
            for cycle in cycles
        ]
    made.search_href = url_for("sheets.index")
    waiting = g.get("turns")
    if waiting is None:
        waiting = desk.waiting_for(ctx, found.posts)
    made.on_bench = len(on_the_bench(waiting) | around.asked_about)
    entries: list[tuple[str, str, str, int | None]] = [
        ("desk", _("私の仕事"), "desk.index", len(waiting))
    ]
    if made.on_bench or current == "workbench":
        entries.append(("workbench", _("承認作業台"), "workbench.index", made.on_bench))
    entries += [
        ("sheets", _("シート"), "sheets.index", None),
        ("progress", _("進捗"), "progress.index", None),
    ]
    if Grant.PUBLISHER in found.actor.grants:
        entries.append(("publication", _("公表"), "publication.index", None))
    if Grant.ADMINISTRATOR in found.actor.grants:
        entries.append(("administration", _("管理"), "administration.people", None))
    made.navigation = [
        {"label": label, "href": url_for(endpoint), "current": area == current, "count": count}
        for area, label, endpoint, count in entries
    ]


def _oversight(found: SignedIn) -> list[dict[str, str]]:
    """For publishers, who have no tab of the administration to find it by."""
    if Grant.PUBLISHER not in found.actor.grants or Grant.ADMINISTRATOR in found.actor.grants:
        return []
    return [{"label": _("後閲の状況"), "href": url_for("administration.open_readings")}]


def cycle_label(cycle: sheets.CycleChoice) -> str:
    """令和3年度 事後評価."""
    label = f"{fiscal_year(cycle.target_fiscal_year)} {cycle_kind(cycle.kind)}"
    return label if cycle.number == 1 else f"{label} {cycle.number}"


def chosen_cycle(cycles: tuple[sheets.CycleChoice, ...]) -> sheets.CycleChoice | None:
    """The cycle that the reader looks at: by the address, else the last chosen, else the newest."""
    wanted = request.args.get("cycle", type=int) or session.get("cycle")
    chosen = next((cycle for cycle in cycles if cycle.id == wanted), None)
    if chosen is None:
        return cycles[0] if cycles else None
    if session.get("cycle") != chosen.id:
        session["cycle"] = chosen.id
    return chosen


def init_app(app: Flask) -> None:
    """Hand ``frame`` to every template, made once per request when it is first looked at."""

    @app.context_processor
    def hand_over() -> dict[str, Any]:
        if "frame" not in g:
            g.frame = build()
        return {"frame": g.frame}
