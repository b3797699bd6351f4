"""The JSON Schema of a definition's TOML data, built from the loader's own vocabulary.

An editor that knows the schema marks what is wrong in a definition's form while it is typed. What
the parts must be to each other (a stage that a transition names, the rows that a joint stage needs)
a schema cannot say; the loader says it (``docs/definitions.md`` lists both).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from enum import StrEnum
from typing import Any

from workflow.definition import vocabulary
from workflow.definition.load import (
    DEFINITION_KEYS,
    DELEGATED_KEYS,
    JOINT_KEYS,
    MOST_LATE_DAYS,
    RUNG_KEYS,
    SELECTOR_KEYS,
    STAGE_KEYS,
    TRANSITION_KEYS,
)
from workflow.definition.model import (
    FINAL,
    NoReply,
    Objection,
    Quorum,
    Requirement,
    Stage,
    StageKind,
    WhenAbsent,
)

Part = dict[str, Any]

_NO = {"const": False}
_NOTHING = {"maxItems": 0}


def definition_schema() -> Part:
    """The schema (draft 2020-12) as data."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hyoka definition",
        "description": "The route of a sheet: its stages, who acts there, and what leads on.",
        **_table(
            DEFINITION_KEYS,
            {
                "name": _text("Short name of the route, for people and logs."),
                "label": _text("What the route is called on pages; the name where it is missing."),
                "stage": _list("stage", "The stages in their order; drafting comes first.")
                | {
                    "minItems": 1,
                    "prefixItems": [{"allOf": [{"$ref": "#/$defs/stage"}, _DRAFTING]}],
                },
                "transition": _list("transition", "What leads from one stage to another.")
                | {"minItems": 1},
            },
            required=("name", "stage", "transition"),
        ),
        "$defs": {
            "key": {"type": "string", "description": "Key of a stage."},
            "stage": _stage(),
            "selector": _selector(),
            "rung": _rung(),
            "joint": _joint(),
            "delegated": _table(
                DELEGATED_KEYS,
                {
                    "instead_of": _text("専決: in whose place the stage decides, e.g. 市長."),
                    "rule": _text("By which rule, e.g. 事務決裁規程第5条."),
                },
                required=DELEGATED_KEYS,
            ),
            "transition": _transition(),
        },
    }


def definition_schema_text() -> str:
    """The schema as it stands in ``docs/schema/definition.schema.json``."""
    return json.dumps(definition_schema(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _table(keys: frozenset[str], properties: Part, *, required: Collection[str]) -> Part:
    """A TOML table with exactly *keys*.

    Raises:
        ValueError: a key of the loader has no entry here, or the other way round.
    """
    if set(properties) != keys:
        raise ValueError(f"the schema and the loader differ in {set(properties) ^ keys}")
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(required),
        "properties": properties,
    }


def _text(description: str) -> Part:
    return {"type": "string", "pattern": r"\S", "description": description}


def _flag(description: str) -> Part:
    return {"type": "boolean", "description": description}


def _list(part: str, description: str) -> Part:
    items = {"$ref": f"#/$defs/{part}"}
    return {"type": "array", "items": items, "description": description}


def _one_of(names: Collection[str] | type[StrEnum], description: str) -> Part:
    return {"enum": _in_order(names), "description": description}


def _some_of(names: Collection[str] | type[StrEnum], description: str) -> Part:
    return {
        "type": "array",
        "uniqueItems": True,
        "items": {"enum": _in_order(names)},
        "description": description,
    }


def _in_order(names: Collection[str] | type[StrEnum]) -> list[str]:
    """Members of an enumeration as it lists them; registered names by the alphabet."""
    if isinstance(names, type):
        return [member.value for member in names]
    return sorted(names)


def _kind_is(*kinds: StageKind) -> Part:
    return {
        "required": ["kind"],
        "properties": {"kind": {"enum": sorted(kind.value for kind in kinds)}},
    }


def _said(key: str) -> Part:
    """The flag *key* is there and true."""
    return {"required": [key], "properties": {key: {"const": True}}}


_OLD_FINAL = {
    "allOf": [{"not": {"required": ["kind"]}}, _said("final"), {"not": _said("editable")}]
}
#: How texts said the kind before there were kinds is understood as well.
_DRAFTING = {"anyOf": [_kind_is(StageKind.DRAFTING), _said("editable")]}
_IS_FINAL = {"anyOf": [_kind_is(*FINAL), _OLD_FINAL]}
_PEOPLE_SIGN = {
    "anyOf": [
        _kind_is(StageKind.SIGN_OFF, StageKind.JOINT),
        {"not": {"anyOf": [{"required": ["kind"]}, _said("editable"), _said("final")]}},
    ]
}
_ONE_SIGNS = {"allOf": [_PEOPLE_SIGN, {"not": _kind_is(StageKind.JOINT)}]}


def _stage() -> Part:
    stage = _table(
        STAGE_KEYS,
        {
            "key": _text("Name of the stage within the definition, e.g. department_review."),
            "label": _text("What the stage is called, e.g. 部局審査."),
            "label_en": _text("The same in English; the label where it is missing."),
            "kind": _one_of(
                StageKind,
                "起案 drafting, 承認 sign_off, 合議 joint, 公表待ち release, 公表済 published,"
                " 却下・廃案 ended.",
            ),
            "who": _list("selector", "Who acts: the first that yields somebody who may, wins."),
            "distinct_from": _list("key", "Who signed one of these in this round is barred here.")
            | {"uniqueItems": True},
            "ladder": _list("rung", "Reminders before the last day, and what follows after it."),
            "joint": {"$ref": "#/$defs/joint"},
            "when_absent": _some_of(
                WhenAbsent,
                "What follows, in this order, when everybody who comes first is absent:"
                " 代決 substitute, the next selector, 後閲 post_review.",
            ),
            "no_substitute_when": _some_of(
                vocabulary.CONDITIONS, "Matters that no substitute decides."
            ),
            "delegated": {"$ref": "#/$defs/delegated"},
            "hold": _flag("保留: whoever has the sheet may stop the clock."),
            "comment_required": _flag("Nobody signs here without a sentence of their own."),
            "late_days": {
                "description": "A sheet that comes after the last day has so many business days,"
                f" {Stage.late_days} where nothing is said; 0: it is late at once.",
                "type": "integer",
                "minimum": 0,
                "maximum": MOST_LATE_DAYS,
            },
            "editable": _flag('Older word for kind = "drafting".'),
            "final": _flag('Older word for kind = "published".'),
        },
        required=("key", "label"),
    )
    stage["allOf"] = [
        _rule({"required": ["kind"]}, {"properties": {"editable": _NO, "final": _NO}}),
        _rule(
            _IS_FINAL,
            {"properties": {"who": _NOTHING, "ladder": _NOTHING}},
            {"required": ["who"], "properties": {"who": {"minItems": 1}}},
        ),
        _rule(
            _kind_is(StageKind.JOINT),
            {"required": ["joint"], "properties": {"who": _SAME_UNIT}},
            {"properties": {"joint": False}},
        ),
        _rule(_PEOPLE_SIGN, {}, {"properties": {"when_absent": _NOTHING}}),
        _rule(_ONE_SIGNS, {}, {"properties": {"delegated": False}}),
    ]
    return stage


def _rule(when: Part, then: Part, otherwise: Part | None = None) -> Part:
    return {"if": when, "then": then} | ({"else": otherwise} if otherwise is not None else {})


#: The selectors of a joint stage ask the same departments, in their order.
_SAME_UNIT = {
    "anyOf": [
        {"items": {"required": ["unit"], "properties": {"unit": {"const": unit}}}}
        for unit in sorted(vocabulary.UNITS)
    ]
    + [{"items": {"properties": {"unit": False}}}]
}


def _selector() -> Part:
    selector = _table(
        SELECTOR_KEYS,
        {
            "select": _one_of(vocabulary.SELECTORS, "Whom to look for."),
            "unit": _one_of(vocabulary.UNITS, "In which unit of the sheet."),
        },
        required=("select",),
    )
    by_grant = {"properties": {"select": {"enum": sorted(vocabulary.WITHOUT_UNIT)}}}
    selector["allOf"] = [_rule(by_grant, {"properties": {"unit": False}}, {"required": ["unit"]})]
    return selector


def _rung() -> Part:
    rung = _table(
        RUNG_KEYS,
        {
            "kind": _one_of(vocabulary.RUNG_KINDS, "What happens then."),
            "offset": {
                "type": "integer",
                "description": "Business days from the last day; a reminder comes before it.",
            },
            "to": _list("selector", "Whom an escalation tells.") | {"minItems": 1},
        },
        required=RUNG_KEYS - {"to"},
    )
    is_kind = {k: {"properties": {"kind": {"const": k}}} for k in ("reminder", "escalation")}
    before, after = ({"properties": {"offset": o}} for o in ({"maximum": 0}, {"minimum": 1}))
    rung["allOf"] = [
        _rule(is_kind["reminder"], before, after),
        _rule(is_kind["escalation"], {"required": ["to"]}, {"properties": {"to": False}}),
    ]
    return rung


def _joint() -> Part:
    words = [quorum.value for quorum in Quorum if quorum is not Quorum.AT_LEAST]
    return _table(
        JOINT_KEYS,
        {
            "quorum": {
                "anyOf": [{"enum": words}, {"type": "integer", "minimum": 1}],
                "description": "How many must agree: all, one of each department, or a number.",
            },
            "objection": _one_of(Objection, "What 不同意 means."),
            "no_reply": _one_of(NoReply, "What silence means when the last day is over."),
        },
        required=JOINT_KEYS,
    )


def _transition() -> Part:
    row = _table(
        TRANSITION_KEYS,
        {
            "action": _text("Name of the action, e.g. approve."),
            "from": _text("Key of the stage that it leaves."),
            "to": _text("Key of the stage that it leads to."),
            "label": _text("What the button says; the action where it is missing."),
            "label_en": _text("The same in English."),
            "by": _one_of(vocabulary.WALKERS, "Who walks it; stage where it is missing."),
            "guards": _some_of(vocabulary.GUARDS, "What must hold."),
            "requires": _some_of(Requirement, "What must be handed in with it."),
            "signs": _flag("It signs the content off: four eyes counts it."),
            "final_approval": _flag("It is the 決裁."),
            "new_round": _flag("A new round begins: earlier signatures bar nobody any more."),
        },
        required=("action", "from", "to"),
    )
    passes_over = {"required": ["by"], "properties": {"by": {"enum": ["absence", "target"]}}}
    row["allOf"] = [_rule(passes_over, {"properties": {"signs": _NO}})]
    return row
