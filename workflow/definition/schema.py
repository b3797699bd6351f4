"""The JSON Schema of a definition's TOML data, built from the loader's own vocabulary.

An editor that knows the schema marks what is wrong in a definition's form while it is typed. What
the parts must be to each other (a stage that a transition names, the rows that a joint stage needs)
a schema cannot say; the loader says it (``docs/definitions.md`` lists both).
"""

from __future__ import annotations

import json

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
    NamedFor,
    NoReply,
    Objection,
    Quorum,
    Requirement,
    Stage,
    StageKind,
    WhenAbsent,
)
from workflow.definition.schema_parts import (
    Part,
    flag,
    list_of,
    one_of,
    rule,
    some_of,
    table,
    text,
)

_NO = {"const": False}
_NOTHING = {"maxItems": 0}


def definition_schema() -> Part:
    """The schema (draft 2020-12) as data."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hyoka definition",
        "description": "The route of a sheet: its stages, who acts there, and what leads on.",
        **table(
            DEFINITION_KEYS,
            {
                "name": text("Short name of the route, for people and logs."),
                "label": text("What the route is called on pages; the name where it is missing."),
                "stage": list_of("stage", "The stages in their order; drafting comes first.")
                | {
                    "minItems": 1,
                    "prefixItems": [{"allOf": [{"$ref": "#/$defs/stage"}, _DRAFTING]}],
                },
                "transition": list_of("transition", "What leads from one stage to another.")
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
            "delegated": table(
                DELEGATED_KEYS,
                {
                    "instead_of": text("専決: in whose place the stage decides, e.g. 市長."),
                    "rule": text("By which rule, e.g. 事務決裁規程第5条."),
                },
                required=DELEGATED_KEYS,
            ),
            "transition": _transition(),
        },
    }


def definition_schema_text() -> str:
    """The schema as it stands in ``docs/schema/definition.schema.json``."""
    return json.dumps(definition_schema(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


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
    stage = table(
        STAGE_KEYS,
        {
            "key": text("Name of the stage within the definition, e.g. department_review."),
            "label": text("What the stage is called, e.g. 部局審査."),
            "label_en": text("The same in English; the words of the key where it is missing."),
            "kind": one_of(
                StageKind,
                "起案 drafting, 承認 sign_off, 合議 joint, 公表待ち release, 公表済 published,"
                " 却下・廃案 ended.",
            ),
            "who": list_of("selector", "Who acts: the first that yields somebody who may, wins."),
            "distinct_from": list_of("key", "Who signed one of these in this round is barred here.")
            | {"uniqueItems": True},
            "ladder": list_of("rung", "Reminders before the last day, and what follows after it."),
            "joint": {"$ref": "#/$defs/joint"},
            "when_absent": some_of(
                WhenAbsent,
                "What follows, in this order, when everybody who comes first is absent:"
                " 代決 substitute, the next selector, 後閲 post_review.",
            ),
            "no_substitute_when": some_of(
                vocabulary.CONDITIONS, "Matters that no substitute decides."
            ),
            "step": one_of(
                NamedFor,
                "For which kind of step substitutes are named that stand in here: 課の審査"
                " section_review, 部局審査 department_review, 合議の回答 joint_answer,"
                " 総合政策部の承認 bureau_approval; whom the stage asks first where it is missing.",
            ),
            "delegated": {"$ref": "#/$defs/delegated"},
            "hold": flag("保留: whoever has the sheet may stop the clock."),
            "comment_required": flag("Nobody signs here without a sentence of their own."),
            "late_days": {
                "description": "A sheet that comes after the last day has so many business days,"
                f" {Stage.late_days} where nothing is said; 0: it is late at once.",
                "type": "integer",
                "minimum": 0,
                "maximum": MOST_LATE_DAYS,
            },
            "editable": flag('Older word for kind = "drafting".'),
            "final": flag('Older word for kind = "published".'),
        },
        required=("key", "label"),
    )
    stage["allOf"] = [
        rule({"required": ["kind"]}, {"properties": {"editable": _NO, "final": _NO}}),
        rule(
            _IS_FINAL,
            {"properties": {"who": _NOTHING, "ladder": _NOTHING}},
            {"required": ["who"], "properties": {"who": {"minItems": 1}}},
        ),
        rule(
            _kind_is(StageKind.JOINT),
            {"required": ["joint"], "properties": {"who": _SAME_UNIT}},
            {"properties": {"joint": False}},
        ),
        rule(_PEOPLE_SIGN, {}, {"properties": {"when_absent": _NOTHING, "step": False}}),
        rule(_ONE_SIGNS, {}, {"properties": {"delegated": False}}),
    ]
    return stage


#: The selectors of a joint stage ask the same departments, in their order.
_SAME_UNIT = {
    "anyOf": [
        {"items": {"required": ["unit"], "properties": {"unit": {"const": unit}}}}
        for unit in sorted(vocabulary.UNITS)
    ]
    + [{"items": {"properties": {"unit": False}}}]
}


def _selector() -> Part:
    selector = table(
        SELECTOR_KEYS,
        {
            "select": one_of(vocabulary.SELECTORS, "Whom to look for."),
            "unit": one_of(vocabulary.UNITS, "In which unit of the sheet."),
        },
        required=("select",),
    )
    by_grant = {"properties": {"select": {"enum": sorted(vocabulary.WITHOUT_UNIT)}}}
    selector["allOf"] = [rule(by_grant, {"properties": {"unit": False}}, {"required": ["unit"]})]
    return selector


def _rung() -> Part:
    rung = table(
        RUNG_KEYS,
        {
            "kind": one_of(vocabulary.RUNG_KINDS, "What happens then."),
            "offset": {
                "type": "integer",
                "description": "Business days from the last day; a reminder comes before it.",
            },
            "to": list_of("selector", "Whom an escalation tells.") | {"minItems": 1},
        },
        required=RUNG_KEYS - {"to"},
    )
    is_kind = {k: {"properties": {"kind": {"const": k}}} for k in ("reminder", "escalation")}
    before, after = ({"properties": {"offset": o}} for o in ({"maximum": 0}, {"minimum": 1}))
    rung["allOf"] = [
        rule(is_kind["reminder"], before, after),
        rule(is_kind["escalation"], {"required": ["to"]}, {"properties": {"to": False}}),
    ]
    return rung


def _joint() -> Part:
    words = [quorum.value for quorum in Quorum if quorum is not Quorum.AT_LEAST]
    return table(
        JOINT_KEYS,
        {
            "quorum": {
                "anyOf": [{"enum": words}, {"type": "integer", "minimum": 1}],
                "description": "How many must agree: all, one of each department, or a number.",
            },
            "objection": one_of(Objection, "What 不同意 means."),
            "no_reply": one_of(NoReply, "What silence means when the last day is over."),
        },
        required=JOINT_KEYS,
    )


def _transition() -> Part:
    row = table(
        TRANSITION_KEYS,
        {
            "action": text("Name of the action, e.g. approve."),
            "from": text("Key of the stage that it leaves."),
            "to": text("Key of the stage that it leads to."),
            "label": text("What the button says; the action where it is missing."),
            "label_en": text("The same in English; the words of the action where it is missing."),
            "by": one_of(vocabulary.WALKERS, "Who walks it; stage where it is missing."),
            "guards": some_of(vocabulary.GUARDS, "What must hold."),
            "requires": some_of(Requirement, "What must be handed in with it."),
            "signs": flag("It signs the content off: four eyes counts it."),
            "final_approval": flag("It is the 決裁."),
            "new_round": flag("A new round begins: earlier signatures bar nobody any more."),
        },
        required=("action", "from", "to"),
    )
    passes_over = {"required": ["by"], "properties": {"by": {"enum": ["absence", "target"]}}}
    row["allOf"] = [rule(passes_over, {"properties": {"signs": _NO}})]
    return row
