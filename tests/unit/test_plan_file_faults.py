"""Every kind of fault in a plan file: its path, its code, what its sentence names."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workflow.exchange.faults import FaultCode
from workflow.exchange.plan_file import PlanFileRefused, read_plan_file

DOCUMENT = Path(__file__).parents[2] / "docs/exchange-format.md"
#: The documented example, with a bureau that is no 総合政策部 and a section name that stands twice.
EXAMPLE: dict[str, Any] = json.loads(
    re.findall(r"```json\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)[0]
)
EXAMPLE["organisation"]["departments"] += [
    {"name": "企画部", "sections": ["庶務課"]},
    {"name": "水道部", "sections": ["庶務課"]},
]
EXAMPLE["organisation"]["departments"][0]["name"] = "政策部"
EXAMPLE["measures"][0]["related_departments"] = ["政策部"]
EXAMPLE["policy_bureau"] = "政策部"

Change = Callable[[dict[str, Any]], object]


def place(tree: Any, path: str) -> tuple[Any, Any]:
    """What holds the place *path* (``measures.0.rating``), and the last step to it."""
    *above, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in above:
        tree = tree[step]
    # A mapping of figures by year has texts as keys.
    return tree, str(last) if isinstance(tree, dict) else last


def setting(path: str, value: object) -> Change:
    def change(tree: dict[str, Any]) -> None:
        holder, last = place(tree, path)
        if isinstance(holder, list) and last == len(holder):
            holder.append(None)
        holder[last] = value

    return change


def without(path: str) -> Change:
    def change(tree: dict[str, Any]) -> None:
        holder, last = place(tree, path)
        del holder[last]

    return change


def repeating(path: str) -> Change:
    """A change that puts a copy of a list's first entry at its end."""

    def change(tree: dict[str, Any]) -> None:
        holder, last = place(tree, path)
        holder[last].append(copy.deepcopy(holder[last][0]))

    return change


M, I0, P0 = "measures.0", "measures.0.indicators.0", "measures.0.projects.0"
m, i0, p0 = "measures[0]", "measures[0].indicators[0]", "measures[0].projects[0]"
OUTLINE = "major_project_outlines.0"

FAULTS: list[tuple[Change, str, FaultCode, str]] = [
    (without(f"{P0}.name"), f"{p0}.name", FaultCode.MISSING_FIELD, "name"),
    (without("pillar"), "pillar", FaultCode.MISSING_FIELD, "pillar"),
    (setting(f"{M}.titel", 1), f"{m}.titel", FaultCode.UNKNOWN_FIELD, "title"),
    (setting("odd key", 1), '["odd key"]', FaultCode.UNKNOWN_FIELD, "odd key"),
    (setting(f"{M}.code", 311), f"{m}.code", FaultCode.WRONG_TYPE, "311"),
    (setting(f"{P0}.personnel_cost", 1.5), f"{p0}.personnel_cost", FaultCode.WRONG_TYPE, "1.5"),
    (setting(f"{P0}.personnel_cost", True), f"{p0}.personnel_cost", FaultCode.WRONG_TYPE, "true"),
    (setting(f"{P0}.personnel_cost", None), f"{p0}.personnel_cost", FaultCode.WRONG_TYPE, "null"),
    (setting(f"{M}.rating", 2.0), f"{m}.rating", FaultCode.WRONG_TYPE, "2.0"),
    (setting(f"{M}.issues", None), f"{m}.issues", FaultCode.WRONG_TYPE, "null"),
    (setting(f"{M}.policy", []), f"{m}.policy", FaultCode.WRONG_TYPE, "[]"),
    (setting(f"{M}.indicators", {}), f"{m}.indicators", FaultCode.WRONG_TYPE, "{}"),
    (setting(f"{I0}.targets", 1), f"{i0}.targets", FaultCode.WRONG_TYPE, "1"),
    (setting(f"{I0}.actuals.2021", None), f"{i0}.actuals.2021", FaultCode.WRONG_TYPE, "null"),
    (setting(f"{I0}.lower_bound", True), f"{i0}.lower_bound", FaultCode.WRONG_TYPE, "true"),
    (setting(f"{I0}.actuals.2021", 96.5), f"{i0}.actuals.2021", FaultCode.FLOAT_FIGURE, "96.5"),
    (setting(f"{I0}.actuals.2021", "1,473"), f"{i0}.actuals.2021", FaultCode.MALFORMED, "1,473"),
    (setting(f"{I0}.actuals.2021", "１２"), f"{i0}.actuals.2021", FaultCode.MALFORMED, "１２"),
    (setting(f"{I0}.actuals.2021", 10**15), f"{i0}.actuals.2021", FaultCode.MALFORMED, "15桁"),
    (setting(f"{I0}.targets.R3", "1"), f"{i0}.targets.R3", FaultCode.MALFORMED, "R3"),
    (setting(f"{P0}.budget_account", "020103"), f"{p0}.budget_account", FaultCode.MALFORMED, "款"),
    (setting(f"{M}.code", "３１１"), f"{m}.code", FaultCode.MALFORMED, "３１１"),
    (setting("kind", "中間"), "kind", FaultCode.NOT_ALLOWED, "事後評価"),
    (setting(f"{I0}.direction", "↑"), f"{i0}.direction", FaultCode.NOT_ALLOWED, "increase"),
    (setting(f"{M}.rating", 5), f"{m}.rating", FaultCode.OUT_OF_RANGE, "1以上4以下"),
    (setting("rating_scale", list("ABCDE")), "rating_scale", FaultCode.TOO_LONG, "4"),
    (
        setting("fiscal_year_label", "令和４年度"),
        "fiscal_year_label",
        FaultCode.YEAR_LABEL_DISAGREES,
        "2021（令和3年度）",
    ),
    (
        setting("fiscal_year_label", "令和四年度の評価"),
        "fiscal_year_label",
        FaultCode.YEAR_LABEL_DISAGREES,
        "令和4年度",
    ),
    (
        setting("fiscal_year_label", "2020年度（R2）"),
        "fiscal_year_label",
        FaultCode.YEAR_LABEL_DISAGREES,
        "令和2年度",
    ),
    (
        setting(f"{M}.related_departments", ["政策部", "環境部"]),
        f"{m}.related_departments[1]",
        FaultCode.RELATED_TO_ITSELF,
        "環境部",
    ),
    (setting("target_fiscal_year", 2118), "target_fiscal_year", FaultCode.OUT_OF_RANGE, "2117"),
    (setting(f"{I0}.targets.2150", "1"), f"{i0}.targets.2150", FaultCode.MALFORMED, "2150"),
    (setting(f"{M}.name", "名\u202e前"), f"{m}.name", FaultCode.FORBIDDEN_CHARACTER, "U+202E"),
    (
        setting(f"{M}.issues", "一\n二\uffff"),
        f"{m}.issues",
        FaultCode.FORBIDDEN_CHARACTER,
        "2行目の2文字目",
    ),
    (setting(f"{M}.rating", 0), f"{m}.rating", FaultCode.OUT_OF_RANGE, "1以上"),
    (setting("target_fiscal_year", 3), "target_fiscal_year", FaultCode.OUT_OF_RANGE, "1950以上"),
    (setting("measures", []), "measures", FaultCode.EMPTY, "空"),
    (setting("pillar.name", ""), "pillar.name", FaultCode.EMPTY, "空"),
    (setting(f"{M}.name", "名" * 201), f"{m}.name", FaultCode.TOO_LONG, "200"),
    (setting(f"{M}.name", "名\n前"), f"{m}.name", FaultCode.FORBIDDEN_CHARACTER, "U+000A"),
    (setting(f"{M}.name", "名前　"), f"{m}.name", FaultCode.FORBIDDEN_CHARACTER, "空白"),
    (setting(f"{M}.issues", "\x00"), f"{m}.issues", FaultCode.FORBIDDEN_CHARACTER, "U+0000"),
    (
        setting("organisation.departments.0.sections.1", "総務/課"),
        "organisation.departments[0].sections[1]",
        FaultCode.FORBIDDEN_CHARACTER,
        "U+002F",
    ),
    (repeating(f"{M}.indicators"), f"{m}.indicators[2].number", FaultCode.DUPLICATE_CODE, "1"),
    (
        repeating("organisation.departments"),
        "organisation.departments[4].name",
        FaultCode.DUPLICATE_CODE,
        "organisation.departments[0].name",
    ),
    (
        repeating("organisation.departments.0.sections"),
        "organisation.departments[0].sections[1]",
        FaultCode.DUPLICATE_CODE,
        "政策室",
    ),
    (
        repeating(f"{P0}.responsible_sections"),
        f"{p0}.responsible_sections[2]",
        FaultCode.DUPLICATE_CODE,
        f"{p0}.responsible_sections[0]",
    ),
    (
        setting("rating_scale", ["Ａ", "Ｂ", "Ａ"]),
        "rating_scale[2]",
        FaultCode.DUPLICATE_CODE,
        "Ａ",
    ),
    (
        repeating(f"{M}.related_departments"),
        f"{m}.related_departments[1]",
        FaultCode.DUPLICATE_CODE,
        "政策部",
    ),
    (
        repeating("major_project_outlines"),
        "major_project_outlines[1].project",
        FaultCode.DUPLICATE_CODE,
        "311010",
    ),
    (
        setting(f"{M}.projects.1.code", "311010"),
        f"{m}.projects[1].code",
        FaultCode.DUPLICATE_CODE,
        "311010",
    ),
    (
        setting(f"{M}.total_project_cost", 1201),
        f"{m}.total_project_cost",
        FaultCode.TOTAL_DISAGREES,
        "事業費合計 1201 が、事務事業の事業費の和 1200 と",
    ),
    (
        setting(f"{M}.responsible_department", "環境課"),
        f"{m}.responsible_department",
        FaultCode.UNKNOWN_DEPARTMENT,
        "「環境部」のことでしょうか",
    ),
    (
        setting(f"{M}.related_departments.0", "資源循環課"),
        f"{m}.related_departments[0]",
        FaultCode.UNKNOWN_DEPARTMENT,
        "資源循環課",
    ),
    (setting("policy_bureau", "財政部"), "policy_bureau", FaultCode.UNKNOWN_DEPARTMENT, "財政部"),
    (setting(f"{M}.lead_section", "塵課"), f"{m}.lead_section", FaultCode.UNKNOWN_SECTION, "塵課"),
    (
        setting(f"{M}.lead_section", "庶務課"),
        f"{m}.lead_section",
        FaultCode.AMBIGUOUS_SECTION,
        "企画部、水道部",
    ),
    (
        setting(f"{P0}.responsible_sections.1", "公園"),
        f"{p0}.responsible_sections[1]",
        FaultCode.UNKNOWN_SECTION,
        "公園課",
    ),
    (
        setting("policy_bureau", None),
        "policy_bureau",
        FaultCode.POLICY_BUREAU_MISSING,
        "policy_bureau",
    ),
    (
        setting(f"{OUTLINE}.project", "999999"),
        "major_project_outlines[0].project",
        FaultCode.UNKNOWN_PROJECT,
        "999999",
    ),
    (
        setting(M, EXAMPLE["measures"][0] | {"projects": [], "total_project_cost": 0}),
        "major_project_outlines[0].project",
        FaultCode.UNKNOWN_PROJECT,
        "311010",
    ),
    (
        setting(f"{OUTLINE}.tables.0.rows.1", ["布"]),
        "major_project_outlines[0].tables[0].rows[1]",
        FaultCode.ROW_WIDTH,
        "3列",
    ),
    (setting(f"{I0}.baseline.2018", "1"), f"{i0}.baseline", FaultCode.SEVERAL_BASELINES, "2018"),
    (
        setting("measures.0.indicators.1.lower_bound", "26"),
        f"{m}.indicators[1].lower_bound",
        FaultCode.BOUNDS_REVERSED,
        "25",
    ),
    (
        setting(f"{P0}.budget_account", "01 01 01"),
        f"{p0}.budget_account",
        FaultCode.ACCOUNTS_DISAGREE,
        "01 01 01",
    ),
]


def faults_after(*changes: Change) -> list[tuple[str, str, str]]:
    tree = copy.deepcopy(EXAMPLE)
    for change in changes:
        change(tree)
    with pytest.raises(PlanFileRefused) as refused:
        read_plan_file(json.dumps(tree).encode())
    return [(fault.path, fault.code, fault.message_ja) for fault in refused.value.faults]


def test_the_unchanged_example_has_no_fault() -> None:
    assert read_plan_file(json.dumps(EXAMPLE).encode()).policy_bureau == "政策部"


@pytest.mark.parametrize(
    ("change", "path", "code", "named"),
    FAULTS,
    ids=[f"{code}-{path}" for _, path, code, _ in FAULTS],
)
def test_a_fault_is_told_with_its_path_and_nothing_beside_it(
    change: Change, path: str, code: FaultCode, named: str
) -> None:
    [(told_path, told_code, sentence)] = faults_after(change)

    assert (told_path, told_code) == (path, code)
    assert named in sentence


def test_all_faults_are_told_at_once_in_the_order_of_the_tree() -> None:
    """A wrong shape in one place hides no disagreement in another."""
    second = copy.deepcopy(EXAMPLE["measures"][0])
    second |= {"total_project_cost": 1, "policy": {"code": "31", "name": "別の名前"}}
    for project in second["projects"]:
        project["code"] += "9"

    told = faults_after(
        setting("measures.1", second),
        setting(f"{P0}.project_cost", "1200"),
        setting(f"{I0}.targets.2021", 1.5),
        setting(f"{M}.lead_section", "ごみ課"),
        without("kind"),
    )

    assert [(path, code) for path, code, _ in told] == [
        ("kind", FaultCode.MISSING_FIELD),
        (f"{i0}.targets.2021", FaultCode.FLOAT_FIGURE),
        (f"{m}.lead_section", FaultCode.UNKNOWN_SECTION),
        (f"{p0}.project_cost", FaultCode.WRONG_TYPE),
        ("measures[1].code", FaultCode.DUPLICATE_CODE),
        ("measures[1].policy.name", FaultCode.POLICY_NAME_DISAGREES),
        ("measures[1].total_project_cost", FaultCode.TOTAL_DISAGREES),
    ]


def test_half_an_organisation_makes_no_name_unknown() -> None:
    told = faults_after(setting("organisation.departments.1.sections", "公園課"))

    assert [(path, code) for path, code, _ in told] == [
        ("organisation.departments[1].sections", FaultCode.WRONG_TYPE)
    ]


def test_a_lone_surrogate_is_refused_in_words_that_can_be_printed() -> None:
    [(path, code, sentence)] = faults_after(setting(f"{M}.issues", "課\ud800"))

    assert (path, code) == (f"{m}.issues", FaultCode.FORBIDDEN_CHARACTER)
    assert "U+D800（" not in sentence
    assert "U+D800 があります（1行目の2文字目）" in sentence


@pytest.mark.parametrize("tree", [[], "x", None, 1, {"measures": 3}, {"measures": [[], 4, None]}])
def test_any_other_json_is_refused_with_faults_and_no_crash(tree: object) -> None:
    with pytest.raises(PlanFileRefused) as refused:
        read_plan_file(json.dumps(tree).encode())

    assert all(fault.message_ja and fault.message_en for fault in refused.value.faults)
