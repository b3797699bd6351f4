"""The sample city: the printed facts, texts that fit their boxes, somebody for every stage."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal
from pathlib import Path

import pytest

from workflow.exchange.people_file import PeopleFile, Person, read_people_file, unknown_posts
from workflow.exchange.plan_file import PlanFile, UnitName, read_plan_file, units_named

SAMPLE = Path(__file__).parents[2] / "sample"
#: Project code → cost in thousand yen, as printed in the report.
COSTS = {
    "611010": 410,
    "612010": 0,
    "612023": 93665,
    "612030": 743,
    "612040": 11503,
    "612050": 0,
    "621010": 1413,
    "621021": 46370,
    "621031": 68755,
    "621051": 701,
    "621061": 34100,
    "621071": 4905,
    "621081": 5940,
    "631013": 589,
    "631021": 0,
    "631032": 359,
    "631040": 21176,
    "631050": 0,
    "631060": 373931,
    "631070": 4574,
    "631080": 28923,
    "631093": 332085,
    "631100": 39829,
    "631110": 33349,
    "631120": 30575,
    "631133": 4697,
    "631140": 4963,
    "631160": 9350,
    "631173": 466135,
    "631182": 3887,
    "631192": 0,
    "631202": 0,
    "632010": 23690,
    "632020": 7108,
    "632030": 389,
}
#: Measure and indicator → target and actual of the fiscal year, as printed.
FIGURES = {
    "611-1": ("2", "3"),
    "611-2": ("6300", "19314"),
    "612-1": ("850", "1473"),
    "612-2": ("500", "341"),
    "621-1": ("21000", "29015"),
    "621-2": ("34000", "42220"),
    "621-3": ("30", "51"),
    "621-4": ("30", "116"),
    "621-5": ("20", "37"),
    "621-6": ("99", "96.5"),
    "631-1": ("93", "93.4"),
    "631-2": ("0", "0"),
    "631-3": ("17", "16.8"),
    "632-1": ("3", "3.16"),
    "632-2": ("333", "196"),
}
#: Text → full-width characters in a line and lines in its printed box.
BOXES = {
    "objective": (55, 10),
    "annual_plan": (55, 10),
    "rating_reason": (44, 6),
    "results": (55, 5),
    "issues": (55, 4),
    "next_year_actions": (55, 4),
}


@pytest.fixture(scope="module")
def city() -> PlanFile:
    return read_plan_file((SAMPLE / "city.json").read_bytes())


@pytest.fixture(scope="module")
def people() -> PeopleFile:
    return read_people_file((SAMPLE / "people.toml").read_bytes())


def holders(people: PeopleFile, unit: str, *ranks: str) -> list[Person]:
    return [
        person
        for person in people.people
        if any(post.unit == unit and post.rank in ranks for post in person.posts)
    ]


def test_the_facts_are_those_of_the_report(city: PlanFile) -> None:
    costs = {p.code: p.project_cost for measure in city.measures for p in measure.projects}
    figures = {
        f"{measure.code}-{i.number}": (i.targets[2021], i.actuals[2021])
        for measure in city.measures
        for i in measure.indicators
    }
    sheets = [
        (m.code, m.policy.code, m.responsible_department, m.rating, m.total_project_cost)
        for m in city.measures
    ]

    assert costs == COSTS
    assert figures == FIGURES
    assert sheets == [
        ("611", "61", "市民自治部", 3, 410),
        ("612", "61", "総合政策部", 4, 105_911),
        ("621", "62", "総合政策部", 3, 162_184),
        ("631", "63", "総合政策部", 3, 1_354_422),
        ("632", "63", "総務部", 3, 31_187),
    ]
    assert [m.code for m in city.measures if m.is_regional_revitalization] == ["621"]
    assert [p.code for m in city.measures for p in m.projects if p.is_major_project] == [
        "612023",
        "621061",
        "621071",
        "631093",
    ]


def test_the_texts_fit_their_printed_boxes(city: PlanFile) -> None:
    for measure in city.measures:
        for field, (width, lines) in BOXES.items():
            text = getattr(measure, field)
            printed = sum(math.ceil(_width(line) / width) for line in text.split("\n"))
            assert text, (measure.code, field)
            assert printed <= lines, (measure.code, field)


def _width(line: str) -> Decimal:
    wide = (unicodedata.east_asian_width(letter) in "FWA" for letter in line)
    return sum((Decimal(1) if full else Decimal("0.5") for full in wide), Decimal(0))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("612", "目標に届かなかった"),
        ("621", "全てで目標を達成した"),
        ("631", "下限である17％を下回った"),
        ("632", "目標の333人に対して196人にとどまった"),
    ],
)
def test_the_reason_for_the_rating_tells_what_the_figures_tell(
    city: PlanFile, code: str, words: str
) -> None:
    measure = next(measure for measure in city.measures if measure.code == code)

    assert words in measure.rating_reason


def test_nothing_names_the_real_city() -> None:
    for path in SAMPLE.iterdir():
        assert not re.search("伊丹|いたみ|itami", path.read_text(encoding="utf-8"), re.IGNORECASE)


def test_every_post_is_in_a_unit_of_the_city(city: PlanFile, people: PeopleFile) -> None:
    assert city.departments is not None
    assert unknown_posts(people, city.departments) == ()


def test_every_stage_of_every_sheet_finds_somebody_else(city: PlanFile, people: PeopleFile) -> None:
    """The bureau's head approves all, so that its deputy reviews the bureau's own sheets."""
    assert city.departments is not None
    bureau = city.bureau(city.departments)
    assert bureau is not None
    [approver] = holders(people, bureau, "director")
    publishers = [person for person in people.people if "publisher" in person.grants]

    for measure in city.measures:
        drafters = holders(people, measure.lead_section, "section_chief", "staff")
        heads = holders(people, measure.responsible_department, "director", "deputy_director")
        reviewers = [head for head in heads if head is not approver]

        assert len(drafters) >= 2, measure.code
        assert reviewers, measure.code
        assert approver not in drafters + reviewers
        assert not any(reviewer in drafters for reviewer in reviewers)
        assert len([person for person in publishers if person not in drafters]) >= 2


def test_every_section_of_a_project_has_somebody(city: PlanFile, people: PeopleFile) -> None:
    assert city.departments is not None
    staffed = {post.unit for person in people.people for post in person.posts}

    for measure in city.measures:
        for project in measure.projects:
            assert set(project.responsible_sections) <= staffed
    assert units_named("会計室", city.departments) == (UnitName("会計室", None),)


def test_every_department_has_exactly_one_head(city: PlanFile, people: PeopleFile) -> None:
    assert city.departments is not None
    for department in city.departments:
        assert len(holders(people, department, "director")) == 1, department


def test_the_administrator_approves_nothing_and_one_person_holds_two_posts(
    people: PeopleFile,
) -> None:
    [administrator] = [person for person in people.people if "administrator" in person.grants]
    several = [person for person in people.people if len(person.posts) > 1]

    assert {post.rank for post in administrator.posts} == {"staff"}
    assert [len(person.posts) for person in several] == [2]
    assert all(person.email.endswith("@aose.example.jp") for person in people.people)
