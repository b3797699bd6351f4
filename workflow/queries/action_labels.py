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
    "nudge": "催促する",
    "definition_changed": "流れの定義が変わった",
    "hold": "保留する",
    "lift_hold": "保留を解く",
    "consult": "相談する",
    "answer": "相談に回答する",
    "agree": "同意する",
    "agree_with_opinion": "意見付きで同意する",
    "object": "不同意とする",
    "post_review": "後閲する",
    "move_deadline": "期限が動いた",
    "ask_extension": "期限の延長を申し出る",
    "grant_extension": "期限の延長を認める",
    "refuse_extension": "期限の延長を認めない",
}


def action_label(definition: Definition, source: str, action: str, target: str) -> str:
    """What an action is called, by the definition that it happened under."""
    row = definition.find(source, action, target)
    return row.label if row is not None else ENGINE_LABELS.get(action, action)
