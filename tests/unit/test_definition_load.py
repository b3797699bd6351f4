"""Reading a definition: what is not understood is refused with file, key path and reason."""

from __future__ import annotations

import copy
import hashlib

import pytest

from workflow.definition.load import DefinitionError, named, parse, standard
from workflow.definition.refusal import Refusal
from workflow.messages import say

SMALL = """
name = "small"

[[stage]]
key = "draft"
label = "作成中"
who = [{ select = "drafters_of", unit = "lead_section" }]
editable = true
ladder = [{ kind = "reminder", offset = -1 }, { kind = "overdue", offset = 1 }]

[[stage]]
key = "done"
label = "終わり"
final = true

[[transition]]
action = "finish"
from = "draft"
to = "done"
guards = ["sheet_complete"]
requires = ["reason"]
signs = true
"""


def refusal(source: str) -> tuple[str, str, str]:
    with pytest.raises(DefinitionError) as refused:
        parse(source, file="small.toml")
    return refused.value.file, refused.value.path, refused.value.why


def changed(old: str, new: str) -> str:
    assert old in SMALL
    return SMALL.replace(old, new, 1)


def test_a_small_definition_is_read_as_it_is_written() -> None:
    definition = parse(SMALL)

    assert (definition.name, definition.label) == ("small", "small")
    assert [stage.key for stage in definition.stages] == ["draft", "done"]
    assert definition.initial.editable
    assert [(r.kind, r.number, r.offset_business_days) for r in definition.initial.ladder] == [
        ("reminder", 1, -1),
        ("overdue", 2, 1),
    ]
    [row] = definition.transitions
    assert (row.action, row.source, row.target, row.by) == ("finish", "draft", "done", "stage")
    assert (row.signs, row.final_approval, row.new_round) == (True, False, False)
    # A label that is not given falls back to what is there.
    assert (row.label, row.label_en) == ("finish", "finish")


def test_english_that_a_route_does_not_give_is_read_from_its_keys() -> None:
    text = SMALL.replace('key = "done"', 'key = "all_done"').replace(
        'to = "done"', 'to = "all_done"'
    )
    definition = parse(text)

    stage = definition.stage("all_done")
    assert not stage.label.isascii()
    assert stage.label_en == "All done"
    assert copy.deepcopy(stage) == stage
    refusal = Refusal("already_final", {"stage": stage.label})
    assert say(refusal.code, refusal.values, locale="en").startswith("This sheet is All done;")
    assert stage.label in say(refusal.code, refusal.values)


def test_it_is_pinned_by_the_hash_of_its_exact_text() -> None:
    definition = parse(SMALL)

    assert definition.content_hash == hashlib.sha256(SMALL.encode()).digest()
    assert parse(SMALL + "# a remark\n").content_hash != definition.content_hash
    assert parse(SMALL) is definition


@pytest.mark.parametrize(
    ("old", "new", "path", "why"),
    [
        ('select = "drafters_of"', 'select = "friends_of"', "stage[0].who[0].select", "friends_of"),
        ('unit = "lead_section"', 'unit = "moon"', "stage[0].who[0].unit", "moon"),
        ('guards = ["sheet_complete"]', 'guards = ["luck"]', "transition[0].guards", "luck"),
        ('requires = ["reason"]', 'requires = ["coffee"]', "transition[0].requires", "coffee"),
        ("signs = true", 'effects = ["ring"]', "transition[0].effects", "unknown key"),
        ("signs = true", 'by = "anybody"', "transition[0].by", "anybody"),
        ("signs = true", 'signs = "yes"', "transition[0].signs", "true or false"),
        ("editable = true", "editable = 1", "stage[0].editable", "true or false"),
        ("editable = true", 'colour = "red"', "stage[0].colour", "unknown key"),
        ('name = "small"', 'nome = "small"', "nome", "unknown key"),
        ('name = "small"', "", "name", "needs a text"),
        ('key = "done"', 'key = "draft"', "stage[1].key", "twice"),
        ('key = "done"', "key = 7", "stage[1].key", "needs a text"),
        ('to = "done"', 'to = "gone"', "transition[0].to", "gone"),
        ('from = "draft"', 'from = "craft"', "transition[0].from", "craft"),
        ('guards = ["sheet_complete"]', 'guards = "x"', "transition[0].guards", "list of texts"),
        ('kind = "reminder"', 'kind = "scream"', "stage[0].ladder[0].kind", "scream"),
        ("offset = -1", 'offset = "soon"', "stage[0].ladder[0].offset", "whole number"),
        ("offset = -1", "offset = 1", "stage[0].ladder[0].offset", "wrong side"),
        ("offset = 1 ", "offset = 0 ", "stage[0].ladder[1].offset", "wrong side"),
        (
            "editable = true",
            'distinct_from = ["nowhere"]',
            "stage[0].distinct_from",
            "nowhere",
        ),
        ("final = true", "final = false", "stage[1].who", "somebody to act"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_key_path(
    old: str, new: str, path: str, why: str
) -> None:
    file, where, reason = refusal(changed(old, new))

    assert (file, where) == ("small.toml", path)
    assert why in reason


def test_the_whole_message_names_file_path_and_reason() -> None:
    with pytest.raises(DefinitionError, match=r"^small\.toml: stage\[0\]\.who\[0\]\.select: "):
        parse(changed('"drafters_of"', '"friends_of"'), file="small.toml")


def test_a_selector_without_its_unit_and_a_grant_with_one_are_refused() -> None:
    _, path, _ = refusal(changed(', unit = "lead_section"', ""))
    assert path == "stage[0].who[0].unit"
    _, path, _ = refusal(changed('select = "drafters_of"', 'select = "publishers"'))
    assert path == "stage[0].who[0].unit"


def test_the_same_row_twice_is_refused() -> None:
    row = SMALL[SMALL.index("[[transition]]") :]

    _, path, why = refusal(SMALL + row)

    assert path == "transition[1]"
    assert "draft finish done stands twice" in why


@pytest.mark.parametrize("part", ["stage", "transition"])
def test_without_stages_or_transitions_there_is_no_definition(part: str) -> None:
    kept = SMALL.split(f"[[{part}]]")[0] if part == "stage" else SMALL.split("[[transition]]")[0]

    _, path, why = refusal(kept)

    assert path == part
    assert f"[[{part}]]" in why


def test_a_syntax_error_names_the_line() -> None:
    broken = SMALL.replace('label = "作成中"', "label = 作成中")
    line = broken[: broken.index("label = 作成中")].count("\n") + 1

    file, path, why = refusal(broken)

    assert (file, path) == ("small.toml", "")
    assert f"line {line}" in why


def test_a_stage_that_is_no_table_is_refused() -> None:
    _, path, why = refusal('name = "x"\nstage = ["draft"]\ntransition = [1]\n')

    assert (path, why) == ("stage[0]", "must be a table")


def test_the_standard_definition_is_shipped_and_read() -> None:
    assert standard() is named("standard")
    assert [stage.label for stage in standard().stages] == [
        "作成中",
        "部局審査",
        "総合政策部承認",
        "公表待ち",
        "公表済",
        "却下",
        "廃案",
    ]


def test_an_unknown_stage_raises_instead_of_answering() -> None:
    with pytest.raises(KeyError, match="no stage 'limbo'"):
        standard().stage("limbo")
