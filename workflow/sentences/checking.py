"""What ``hyoka definition check`` says around its findings."""

from __future__ import annotations

from collections.abc import Mapping

#: code → (Japanese, English)
CHECKING: Mapping[str, tuple[str, str]] = {
    "check_counted": (
        "{name}: 反証{refuted}件、証明{proved}件、注意{warned}件",
        "{name}: {refuted} refuted, {proved} proved, {warned} warnings",
    ),
    "check_holds_for": ("{measures}、{day}から", "{measures}; from {day} on"),
    "check_holds_from": ("どのシートも、{day}から", "Whatever the sheet; from {day} on"),
    "check_looked_at": (
        "確かめた範囲: {offices}の部署の組合せ（シートの担当課・部局・総合政策部と、ある一日）で"
        "至りうる{situations}の状態のすべて。",
        "Looked at: all {situations} situations that can be reached, in {offices} offices "
        "(a kind of sheet by its section, departments and bureau, on one day).",
    ),
    "check_days": (
        "日: {first}から{last}までの{days}日。今日と、職・任用・権限・不在が始まり、"
        "または終わる以後の各日。",
        "Days: {days}, from {first} to {last}: today, and each later day on which a post, an "
        "assignment, a grant or an absence begins or ends.",
    ),
    "check_rounds": (
        "回は区別しません。作成や署名により同じ人が署名できない二つの回は、一つの状態です。"
        "何回繰り返しても成り立ちます。",
        "Rounds are merged: two rounds in which the same people are barred, by what they wrote or "
        "signed, are one situation; so any number of rounds is covered.",
    ),
    "check_not_looked_at": (
        "確かめていないもの: まだ登録されていないこと、シートの内容"
        "（記入済みとみなし、書ける間と取込みではいつでも変わりうるものとします）。",
        "Not looked at: what nobody has registered yet, and the content of sheets (it counts as "
        "complete, and may change whenever it can be written and by a late import).",
    ),
}
