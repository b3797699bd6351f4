"""What an event is called in the timeline and on the desk."""

from __future__ import annotations

from workflow.definition.model import Definition

#: Events that are no transition of any definition.
ENGINE_LABELS = {
    "open": "開始する",
    "save": "保存する",
    "content_changed": "内容が変わった",
    "change_hands": "担当が変わった",
    "hand_over": "引継ぎを書く",
    "definition_changed": "流れの定義が変わった",
}


def action_label(definition: Definition, source: str, action: str, target: str) -> str:
    """What an action is called, by the definition that it happened under."""
    row = definition.find(source, action, target)
    return row.label if row is not None else ENGINE_LABELS.get(action, action)
