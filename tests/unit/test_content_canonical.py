"""The canonical text of a sheet and its hash."""

import hashlib
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sheet_examples import a_project, a_sheet, an_indicator, error_types, sheets
from workflow.sheet.content import SheetContent, canonical_text, content_hash, parse


def shuffled(value: Any, chance: random.Random) -> Any:
    """Return the same JSON value with the keys of every object in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(item, chance)) for key, item in value.items()]
        chance.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        return [shuffled(item, chance) for item in value]
    return value


def test_the_canonical_text_is_fixed_to_the_letter() -> None:
    """A golden text: whoever changes it changes the hash of every sheet ever approved."""
    sheet = a_sheet(
        objective='"一"\n二',
        indicators=[],
        projects=[a_project(is_major_project=None)],
        total_project_cost=0,
        related_departments=[],
    )

    assert canonical_text(sheet) == (
        '{"annual_plan":"広報紙を配る。","attachments":[],"indicators":[],"issues":"速さ。",'
        '"lead_section":"広報・シティプロモーション課","measure":{"code":"612",'
        '"is_regional_revitalization":false,"name":"市政情報の積極的な提供と共有"},'
        '"next_year_actions":"速くする。","objective":"\\"一\\"\\n二",'
        '"pillar":{"code":"6","name":"参画と協働・行政経営"},'
        '"policy":{"code":"61","name":"参画と協働"},"projects":[{"budget_accounts":["02 01 03"],'
        '"code":"612010","is_major_project":null,"name":"市民広聴事業","personnel_cost":5878,'
        '"prior_year_personnel_cost":null,"prior_year_project_cost":null,"project_cost":0,'
        '"responsible_sections":["市民相談課"]}],"rating":4,"rating_reason":"届いた。",'
        '"related_departments":[],"responsible_department":"総合政策部","results":"届けた。",'
        '"schema_version":1,"target_fiscal_year":2021,"total_project_cost":0}'
    )


def test_an_indicators_figures_stand_as_texts_under_the_year() -> None:
    sheet = a_sheet(indicators=[an_indicator(actuals={2022: "3.10", 2021: "1,129"})])

    assert '"actuals":{"2021":"1,129","2022":"3.10"}' in canonical_text(sheet)


def test_the_hash_is_sha_256_of_the_utf_8_text() -> None:
    assert content_hash("").hex() == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert content_hash("評価") == hashlib.sha256("評価".encode()).digest()


@given(sheets())
def test_a_stored_text_is_read_back_to_the_same_sheet_and_text(sheet: SheetContent) -> None:
    text = canonical_text(sheet)

    assert parse(text) == sheet
    assert canonical_text(parse(text)) == text


@given(sheets(), st.randoms(use_true_random=False))
def test_the_order_of_keys_changes_neither_text_nor_hash(
    sheet: SheetContent, chance: random.Random
) -> None:
    text = canonical_text(sheet)
    other = json.dumps(shuffled(json.loads(text), chance), ensure_ascii=False, indent=1)

    assert canonical_text(parse(other)) == text


def test_composition_and_line_ends_change_neither_text_nor_hash() -> None:
    one = canonical_text(a_sheet(objective="がく\n"))
    other = canonical_text(a_sheet(objective="か\u3099く\r\n"))

    assert content_hash(one) == content_hash(other)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"schema_version":1}', "{not json"])
def test_what_is_no_sheet_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


def test_a_sheet_of_a_later_version_is_not_read_as_this_one() -> None:
    text = canonical_text(a_sheet()).replace('"schema_version":1', '"schema_version":2')

    assert error_types(lambda: parse(text)) == [("literal_error", ("schema_version",))]
