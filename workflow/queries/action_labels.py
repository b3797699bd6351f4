"""What an event is called in the timeline and on the desk."""

from __future__ import annotations

from workflow.definition.label import Label
from workflow.definition.model import Definition

#: Events that are no transition of any definition.
ENGINE_LABELS = {
    "open": Label("開始する", "Open"),
    "save": Label("保存する", "Save"),
    "content_changed": Label("内容が変わった", "Content changed"),
    "change_hands": Label("担当が変わった", "Hands changed"),
    "hand_over": Label("引継ぎを書く", "Write a hand-over note"),
    "nudge": Label("催促する", "Nudge"),
    "definition_changed": Label("流れの定義が変わった", "Route changed"),
    "hold": Label("保留する", "Put on hold"),
    "lift_hold": Label("保留を解く", "Lift the hold"),
    "consult": Label("相談する", "Ask a colleague"),
    "answer": Label("相談に回答する", "Answer a question"),
    "agree": Label("同意する", "Agree"),
    "agree_with_opinion": Label("意見付きで同意する", "Agree with an opinion"),
    "object": Label("不同意とする", "Object"),
    "take_back": Label("合議の回答を取り消す", "Take an answer back"),
    "post_review": Label("後閲する", "Read afterwards"),
    "move_deadline": Label("期限が動いた", "Deadline moved"),
    "ask_extension": Label("期限の延長を申し出る", "Ask for more time"),
    "grant_extension": Label("期限の延長を認める", "Grant more time"),
    "refuse_extension": Label("期限の延長を認めない", "Refuse more time"),
}


def action_label(definition: Definition, source: str, action: str, target: str) -> str:
    """What an action is called, by the definition that it happened under; in both languages."""
    row = definition.find(source, action, target)
    return row.label if row is not None else ENGINE_LABELS.get(action, action)
