"""Routes to draw: those that are shipped, wrong ones, and such as nobody would write but might."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.unit.test_definition_checker import EVERY_WRONG, small
from workflow.definition.load import SHIPPED, named
from workflow.definition.model import (
    Definition,
    JointRule,
    NoReply,
    Objection,
    Quorum,
    Selector,
    Stage,
    StageKind,
    Transition,
)

ROUTES: dict[str, Definition] = {
    **{name: named(name) for name in SHIPPED},
    "small": small(),
    **{wrong.name: wrong.definition for wrong in EVERY_WRONG},
}

LABELS = [
    "可", "差戻し", "内容が変わった", "部局審査へ差し戻して記入をやり直してもらう", "<&\"'>",
    "OK", "Return to department review", "Donaudampfschifffahrtsgesellschaft", "",
]  # fmt: skip
BY = ["stage", "previous", "target", "joint", "absence", "publication", "system"]


def _stage(key: str, kind: StageKind, label: str, no_reply: NoReply) -> Stage:
    final = kind in (StageKind.PUBLISHED, StageKind.ENDED)
    joint = JointRule(Quorum.ALL, 0, Objection.VETO, no_reply) if kind is StageKind.JOINT else None
    who = () if final else (Selector("publishers"),)
    return Stage(key, label or key, label or key, kind, who, joint=joint)


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    """Any definition that the loader's shape could let through, and some that it would not."""
    label = st.sampled_from(LABELS)
    kinds = [
        StageKind.DRAFTING,
        *draw(st.lists(st.sampled_from([StageKind.SIGN_OFF, StageKind.JOINT]), max_size=4)),
        *draw(st.lists(st.sampled_from([StageKind.PUBLISHED, StageKind.ENDED]), max_size=4)),
    ]
    no_reply = st.sampled_from([NoReply.WAITS, NoReply.AGREES])
    stages = tuple(
        _stage(f"s{i}", kind, draw(label), draw(no_reply)) for i, kind in enumerate(kinds)
    )
    leaving = [stage.key for stage in stages if not stage.final]
    keys = [stage.key for stage in stages]
    rows: dict[tuple[str, str, str], Transition] = {}
    for _ in range(draw(st.integers(0, 16))):
        action = draw(st.sampled_from(["a", "b", "c"]))
        source, target = draw(st.sampled_from(leaving)), draw(st.sampled_from(keys))
        text = draw(label)
        row = Transition(action, source, target, text, text, by=draw(st.sampled_from(BY)))
        rows[source, action, target] = row
    return Definition("any", "何か", "", b"", stages, tuple(rows.values()))
