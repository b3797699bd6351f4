"""The public pages: no sign-in, no cookie, served from the snapshot alone; and the same as JSON."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, json, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import open_data
from web.access import public
from web.core import application
from web.language import gettext as _
from web.language import locale
from web.published import IndicatorStory, Published, YearFigures, grouped, known_sum, stories, tally
from web.words import cycle_kind, fiscal_year, printed, year_mark
from workflow.errors import NotFound
from workflow.queries import publications
from workflow.queries.publications import PublicCycle, PublicSheet

blueprint = Blueprint("public", __name__, url_prefix="/public")

#: A cycle in an address: ex_post-2021-1.
_CYCLE = "/<kind>-<int(max=9999):year>-<int(max=9999):number>"


def address(endpoint: str, **values: Any) -> str:
    """The address of a public page in the language that this one was asked for."""
    wanted = request.args.get("lang")
    if wanted == locale():
        values["lang"] = wanted
    return url_for(f"public.{endpoint}", **values)


def cycle_address(endpoint: str, cycle: PublicCycle, **values: Any) -> str:
    """The address of a page of *cycle*."""
    return address(
        endpoint,
        kind=cycle.kind,
        year=cycle.target_fiscal_year,
        number=cycle.number,
        **values,
    )


def cycle_name(cycle: PublicCycle) -> str:
    """令和3年度 事後評価."""
    name = f"{fiscal_year(cycle.target_fiscal_year)} {cycle_kind(cycle.kind)}"
    return name if cycle.number == 1 else f"{name} {cycle.number}"


@blueprint.app_template_filter("yen")
def yen(thousand: int | None) -> str:
    """Thousand yen as people say it: 1,354,422 → 約13億5,442万円; ¥1,354 million in English."""
    if thousand is None:
        return "－"
    if locale() == "en":
        return f"¥{thousand / Decimal(1000):,.1f} million" if thousand >= 1000 else (
            f"¥{thousand * 1000:,}"
        )  # fmt: skip
    ten_thousand = Decimal(thousand) / 10
    if ten_thousand < 1:
        return f"{thousand * 1000:,}円"
    whole = int(ten_thousand.to_integral_value())
    hundred_million, rest = divmod(whole, 10_000)
    words = (f"{hundred_million:,}億" if hundred_million else "") + (f"{rest:,}万" if rest else "")
    about = "" if ten_thousand == whole else "約"
    return f"{about}{words}円"


@blueprint.get("/")
@public
def index() -> ResponseReturnValue:
    """The cycles of which something is published."""
    with application().query() as ctx:
        cycles = publications.public_cycles(ctx)
    return _page("public/index.html", cycles=cycles)


@blueprint.get(f"{_CYCLE}/")
@public
def cycle(kind: str, year: int, number: int) -> ResponseReturnValue:
    """Pillar, policies and measures of a cycle, with stars and the share of targets met."""
    return _page("public/cycle.html", published=_published(kind, year, number))


@blueprint.get(f"{_CYCLE}/policies/<code>")
@public
def policy(kind: str, year: int, number: int, code: str) -> ResponseReturnValue:
    """One policy: what its measures wanted and how they did."""
    published = _published(kind, year, number)
    found = next((p for p in published.policies if p.policy.code == code), None)
    if found is None:
        raise NotFound("nothing_published")
    return _page("public/policy.html", published=published, group=found)


@blueprint.get(f"{_CYCLE}/measures/<code>")
@public
def measure(kind: str, year: int, number: int, code: str) -> ResponseReturnValue:
    """One measure, readable without knowing the office's words."""
    sheet = _sheet(kind, year, number, code)
    told = stories(sheet.content)
    return _page(
        "public/measure.html",
        sheet=sheet,
        content=sheet.content,
        tally=tally(sheet.content),
        totals={
            "personnel": known_sum(p.personnel_cost for p in sheet.content.projects),
            "prior": known_sum(p.prior_year_project_cost for p in sheet.content.projects),
        },
        indicators=[
            {"story": story, "chart": _chart(story), "words": verdict_in_words(story)}
            for story in told
        ],
    )


@blueprint.get(f"{_CYCLE}/index.json")
@public
def index_json(kind: str, year: int, number: int) -> ResponseReturnValue:
    """The list of a cycle as data."""
    published = _published(kind, year, number)
    found = published.cycle
    said = open_data.index(published, lambda code: cycle_address("measure_json", found, code=code))
    hashes = "".join(measure.sheet.content_hash for measure in published.measures)
    return _data(said, hashlib.sha256(hashes.encode()).hexdigest(), found.version)


@blueprint.get(f"{_CYCLE}/measures/<code>.json")
@public
def measure_json(kind: str, year: int, number: int, code: str) -> ResponseReturnValue:
    """One measure as data."""
    sheet = _sheet(kind, year, number, code)
    return _data(open_data.measure(sheet), sheet.content_hash, sheet.cycle.version)


def _published(kind: str, year: int, number: int) -> Published:
    with application().query() as ctx:
        return grouped(*publications.public_sheets(ctx, kind, year, number))


def _sheet(kind: str, year: int, number: int, code: str) -> PublicSheet:
    with application().query() as ctx:
        return publications.public_sheet(ctx, kind, year, number, code)


def _page(template: str, **values: Any) -> Response:
    """A page that says by its ETag whether it changed; the same for everybody in a language."""
    body = render_template(
        template, address=address, cycle_address=cycle_address, cycle_name=cycle_name, **values
    )
    response = Response(body)
    response.add_etag()
    response.make_conditional(request)
    return response


def _data(said: dict[str, Any], content_hash: str, version: int) -> Response:
    response = Response(
        json.dumps(said, ensure_ascii=False, indent=2, sort_keys=False) + "\n",
        content_type="application/json; charset=utf-8",
    )
    response.set_etag(f"{open_data.FORMAT}-{version}-{content_hash}")
    # Open data: a page of another origin may read it; there is nothing personal in it.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.make_conditional(request)
    return response


def _chart(story: IndicatorStory) -> list[dict[str, Any]]:
    """The years in the shape that the macro of the chart wants."""
    return [
        {
            "label": year_mark(year.fiscal_year),
            "target": year.target,
            "actual": year.actual,
            "target_text": year.target_text,
            "actual_text": year.actual_text,
            "met": year.met,
        }
        for year in story.years
    ]


def verdict_in_words(story: IndicatorStory) -> str:
    """What the figures of the judged year say, as a sentence."""
    judged: YearFigures = story.judged
    unit = story.indicator.unit
    year = fiscal_year(judged.fiscal_year)
    if judged.actual_text is None:
        return _("%(year)sの実績は、まだ分かっていません。", year=year)
    actual = f"{printed(judged.actual_text)}{unit}"
    if judged.target_text is None:
        return _("%(year)sの実績は%(actual)sでした。", year=year, actual=actual)
    said = _(
        "%(year)sの目標は%(target)s、実績は%(actual)sでした。",
        year=year,
        target=f"{printed(judged.target_text)}{unit}",
        actual=actual,
    )
    if judged.rate is not None:
        said += _("（達成率%(rate)s％）", rate=judged.rate)
    return said
