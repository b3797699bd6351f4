"""The plan file: what is taken, what bytes are refused, names of units, schema and document."""

from __future__ import annotations

import copy
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from workflow.exchange.fault_codes import SENTENCES
from workflow.exchange.faults import FaultCode, faults_of, path_text
from workflow.exchange.plan_file import (
    Fault,
    PlanFileRefused,
    UnitName,
    plan_file_schema,
    plan_file_schema_text,
    read_plan_file,
    units_named,
    unknown_units,
)
from workflow.exchange.validation_faults import validated

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/exchange-format.md").read_text(encoding="utf-8")
EXAMPLE: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)[0])
# The report's own transcription lies beside the checkout where the project is developed; there it
# is one more file that must be taken.
PLAN_FILES = [
    ROOT / "sample/city.json",
    *(ROOT.parent / "shared/itami-r3").glob("sheets.json"),
]


def encoded(tree: object) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode()


def faults(data: bytes) -> tuple[Fault, ...]:
    with pytest.raises(PlanFileRefused) as refused:
        read_plan_file(data)
    return refused.value.faults


@pytest.mark.parametrize("path", PLAN_FILES, ids=lambda path: path.name)
def test_a_real_file_is_taken_and_adds_up_to_the_printed_totals(path: Path) -> None:
    plan = read_plan_file(path.read_bytes())

    totals = [measure.total_project_cost for measure in plan.measures]
    assert totals == [410, 105_911, 162_184, 1_354_422, 31_187]
    assert sum(len(measure.projects) for measure in plan.measures) == 35
    assert sum(len(measure.indicators) for measure in plan.measures) == 15
    assert plan.departments is not None
    assert plan.bureau(plan.departments) == "総合政策部"
    assert unknown_units(plan, plan.departments) == ()


def test_the_documented_example_is_taken_with_all_that_it_shows() -> None:
    plan = read_plan_file(encoded(EXAMPLE))

    measure = plan.measures[0]
    assert measure.projects[0].accounts == ("04 02 01", "04 02 02")
    assert measure.projects[0].prior_year_project_cost == 1150
    assert measure.projects[1].accounts == ()
    assert measure.indicators[0].baseline == {2019: "612"}
    assert plan.major_project_outlines[0].tables[0].rows[1] == ("布", None, "31")
    assert plan.major_project_outlines[0].figures[0].file is None


def test_one_account_is_all_the_accounts_where_no_list_is_given() -> None:
    tree = copy.deepcopy(EXAMPLE)
    del tree["measures"][0]["projects"][0]["budget_accounts"]

    assert read_plan_file(encoded(tree)).measures[0].projects[0].accounts == ("04 02 01",)


@pytest.mark.parametrize(
    ("written", "kept"), [("96.50", "96.50"), (0, "0"), ("-1.2", "-1.2"), (46392, "46392")]
)
def test_a_figure_is_kept_as_printed_and_is_exact(written: str | int, kept: str) -> None:
    tree = copy.deepcopy(EXAMPLE)
    tree["measures"][0]["indicators"][0]["actuals"]["2021"] = written

    figure = read_plan_file(encoded(tree)).measures[0].indicators[0].actuals[2021]

    assert figure == kept
    assert Decimal(figure) == Decimal(str(written))


def test_a_measure_without_projects_indicators_and_rating_is_taken() -> None:
    tree = copy.deepcopy(EXAMPLE)
    del tree["major_project_outlines"]
    tree["measures"][0] |= {"projects": [], "indicators": [], "total_project_cost": 0}
    tree["measures"][0] |= {"rating": None, "results": ""}

    assert read_plan_file(encoded(tree)).measures[0].rating is None


def test_a_byte_order_mark_is_accepted() -> None:
    assert read_plan_file(b"\xef\xbb\xbf" + encoded(EXAMPLE)) == read_plan_file(encoded(EXAMPLE))


def test_texts_become_nfc_with_plain_line_ends_and_match_other_spellings_of_a_name() -> None:
    tree = copy.deepcopy(EXAMPLE)
    tree["measures"][0]["issues"] = "か\u3099\r\nき\rく"
    tree["organisation"]["departments"][1]["sections"][0] = "こ\u3099み課"
    tree["measures"][0]["lead_section"] = "ごみ課"
    for project in tree["measures"][0]["projects"]:
        project["responsible_sections"] = ["ごみ課"]

    plan = read_plan_file(encoded(tree))

    assert plan.measures[0].issues == "が\nき\nく"
    assert plan.departments == {"総合政策部": ("政策室",), "環境部": ("ごみ課", "公園課")}


def test_broken_utf8_is_told_with_byte_and_line() -> None:
    [fault] = faults(b'\xef\xbb\xbf{\n"municipality": "\xff\xfe"}')

    assert (fault.path, fault.code) == ("$", FaultCode.BROKEN_UTF8)
    assert "最初の誤りは2行目、先頭から22バイト目" in fault.message_ja
    assert "offset 22 (counted from 0), line 2; 2 bytes" in fault.message_en


def test_a_file_in_shift_jis_is_recognised() -> None:
    [fault] = faults('{"municipality": "見本市"}'.encode("cp932"))

    assert fault.code == FaultCode.BROKEN_UTF8
    assert "Shift_JIS" in fault.message_ja


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [('{\n  "a": 1,\n  "b" 2}', 3, 7), ("", 1, 1), ("{} {}", 1, 4), ('{"a": 1,}', 1, 9)],
)
def test_text_that_is_no_json_is_told_with_line_and_column(
    text: str, line: int, column: int
) -> None:
    [fault] = faults(text.encode())

    assert (fault.path, fault.code) == ("$", FaultCode.NOT_JSON)
    # Python 3.13 points at a trailing comma, its forerunners behind it.
    columns = {column, column - 1} if ",}" in text else {column}
    assert any(f"（{line}行目{place}文字目" in fault.message_ja for place in columns)


@pytest.mark.parametrize("depth", [100, 200_000])
def test_a_bottomless_file_is_refused(depth: int) -> None:
    [fault] = faults(b"[" * depth + b"]" * depth)

    assert fault.code == FaultCode.TOO_DEEP


def test_a_number_beyond_all_fields_is_refused_where_it_stands() -> None:
    text = json.dumps(EXAMPLE).replace('"personnel_cost": 300', '"personnel_cost": 1' + "0" * 5000)

    [fault] = faults(text.encode())

    assert fault.path == "measures[0].projects[1].personnel_cost"
    assert fault.code == FaultCode.WRONG_TYPE


@pytest.mark.parametrize("word", ["NaN", "Infinity", "1e999"])
def test_what_is_no_number_in_json_is_no_figure(word: str) -> None:
    text = json.dumps(EXAMPLE).replace('"598.4"', word)

    [fault] = faults(text.encode())

    assert fault.path == "measures[0].indicators[0].actuals.2021"
    assert fault.code == FaultCode.FLOAT_FIGURE


def test_a_key_that_stands_twice_is_told_with_its_path() -> None:
    text = json.dumps(EXAMPLE).replace('"rating": 3', '"rating": 3, "rating": 2, "r\\u0061ting": 4')

    [fault] = faults(text.encode())

    assert (fault.path, fault.code) == ("measures[0].rating", FaultCode.DUPLICATE_KEY)
    assert "3回" in fault.message_ja


def test_units_of_a_file_without_organisation_are_checked_by_the_caller() -> None:
    tree = copy.deepcopy(EXAMPLE)
    del tree["organisation"]

    plan = read_plan_file(encoded(tree))
    told = unknown_units(plan, {"環境部": ["資源循環課"]})

    assert plan.departments is None
    assert plan.bureau(["環境部"]) is None
    assert [(fault.path, fault.code) for fault in told] == [
        ("measures[0].projects[0].responsible_sections[1]", FaultCode.UNKNOWN_SECTION),
        ("measures[0].related_departments[0]", FaultCode.UNKNOWN_DEPARTMENT),
    ]


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("公園課", [("環境部", "公園課")]),
        ("会計室", [("会計室", None)]),
        ("監査室", [("監査室", "監査室")]),
        ("総務課", [("環境部", "総務課"), ("水道部", "総務課")]),
        ("水道部/総務課", [("水道部", "総務課")]),
        ("会計室/会計室", [("会計室", None)]),
        ("会計室/総務課", []),
        ("消防課", []),
    ],
)
def test_a_name_means_a_section_or_else_a_department(
    name: str, units: list[tuple[str, str | None]]
) -> None:
    departments = {
        "環境部": ("公園課", "総務課"),
        "水道部": ("総務課",),
        "会計室": (),
        "監査室": ("監査室",),
    }

    assert list(units_named(name, departments)) == [UnitName(*unit) for unit in units]


def test_the_written_schema_is_the_schema_of_the_code() -> None:
    """``python -c "from workflow.exchange import plan_file as p; print(p.plan_file_schema_text(),
    end='')" > docs/schema/plan-file.schema.json`` writes it."""
    written = (ROOT / "docs/schema/plan-file.schema.json").read_text(encoding="utf-8")

    assert written == plan_file_schema_text()


def test_the_schema_describes_every_field_and_forbids_all_others() -> None:
    schema = plan_file_schema()

    for part in [schema, *schema["$defs"].values()]:
        assert part["additionalProperties"] is False
        assert all(field.get("description") for field in part["properties"].values())


def test_the_document_names_every_field_and_every_code() -> None:
    schema = plan_file_schema()
    fields = {name for part in schema["$defs"].values() for name in part["properties"]}

    named = set(re.findall(r"`([a-z0-9_]+)`", DOCUMENT))

    assert (fields | set(schema["properties"]) | set(FaultCode)) <= named
    assert set(SENTENCES) == set(FaultCode)


def test_an_error_type_without_words_of_its_own_is_still_told() -> None:
    class Odd(BaseModel):
        price: Decimal

    _nothing, findings = validated(Odd, {"price": "x"})
    [fault] = faults_of(findings)

    assert (fault.path, fault.code) == ("price", FaultCode.INVALID)
    assert "decimal" in fault.message_ja


def test_a_path_reads_as_one_writes_it() -> None:
    assert path_text(("measures", 2, "actuals", "2021")) == "measures[2].actuals.2021"
    assert path_text(("a", "b c", "d")) == 'a["b c"].d'
    assert path_text(()) == "$"
