"""The schema refuses what the loader refuses for its form, and takes what is shipped."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.unit.wrong_definitions import BETWEEN_PARTS, OF_FORM, ROUTE, WrongText
from workflow.definition import schema, schema_parts
from workflow.definition.load import SHIPPED, DefinitionError, named, parse

ROOT = Path(__file__).resolve().parents[2]
VALIDATOR = Draft202012Validator(schema.definition_schema())


def complaints(source: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(tomllib.loads(source))]


@pytest.mark.parametrize("wrong", OF_FORM + BETWEEN_PARTS, ids=lambda wrong: wrong.name)
def test_the_loader_refuses_each_wrong_text_with_file_and_key_path(wrong: WrongText) -> None:
    with pytest.raises(DefinitionError) as refused:
        parse(wrong.source, file="route.toml")

    assert (refused.value.file, refused.value.path) == ("route.toml", wrong.path)
    assert wrong.why in refused.value.why
    assert str(refused.value).startswith(f"route.toml: {wrong.path}: ")


@pytest.mark.parametrize("wrong", OF_FORM, ids=lambda wrong: wrong.name)
def test_what_is_wrong_in_its_form_is_refused_by_the_schema_as_well(wrong: WrongText) -> None:
    assert complaints(wrong.source)


@pytest.mark.parametrize("wrong", BETWEEN_PARTS, ids=lambda wrong: wrong.name)
def test_what_parts_are_to_each_other_only_the_loader_sees(wrong: WrongText) -> None:
    """So ``docs/definitions.md`` says what an editor cannot mark."""
    assert complaints(wrong.source) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_definition_is_taken(name: str) -> None:
    assert complaints(named(name).source) == []


def test_the_route_of_the_corpus_is_right_so_each_fault_comes_from_its_change() -> None:
    assert parse(ROUTE).name == "route"
    assert complaints(ROUTE) == []


def test_texts_from_before_there_were_kinds_are_taken_by_both() -> None:
    old = """
    name = "old"
    [[stage]]
    key = "draft"
    label = "作成"
    editable = true
    who = [{ select = "drafters_of", unit = "lead_section" }]
    [[stage]]
    key = "review"
    label = "審査"
    who = [{ select = "head_of", unit = "responsible_department" }]
    when_absent = ["substitute"]
    [[stage]]
    key = "done"
    label = "終わり"
    final = true
    [[transition]]
    action = "submit"
    from = "draft"
    to = "done"
    """

    assert [stage.kind for stage in parse(old).stages] == ["drafting", "sign_off", "published"]
    assert complaints(old) == []


def test_a_syntax_error_is_refused_with_its_line_before_any_schema_is_asked() -> None:
    broken = ROUTE.replace('kind = "sign_off"', "kind = sign_off")
    line = broken[: broken.index("kind = sign_off")].count("\n") + 1

    with pytest.raises(DefinitionError, match=rf"^route\.toml: not TOML: .*line {line}\b"):
        parse(broken, file="route.toml")


def test_the_schema_is_one_and_every_key_of_it_is_described() -> None:
    Draft202012Validator.check_schema(schema.definition_schema())
    tables = [schema.definition_schema(), *schema.definition_schema()["$defs"].values()]
    keys: dict[str, Any] = {
        key: part for t in tables for key, part in t.get("properties", {}).items()
    }

    assert {key for key, part in keys.items() if not part.keys() & {"description", "$ref"}} == set()


def test_a_key_that_the_loader_knows_and_the_schema_does_not_is_an_error() -> None:
    with pytest.raises(ValueError, match="nickname"):
        schema_parts.table(frozenset({"name", "nickname"}), {"name": {}}, required=())


def test_the_written_schema_is_the_schema_of_the_code() -> None:
    """``hyoka definition schema > docs/schema/definition.schema.json`` writes it."""
    written = (ROOT / "docs/schema/definition.schema.json").read_text("utf-8")

    assert written == schema.definition_schema_text()
