"""Reads a definition from TOML and refuses, with file and key path, whatever is not understood."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from typing import Any

from workflow.definition.label import Label, english_for
from workflow.definition.model import (
    Definition,
    DelegatedAuthority,
    JointRule,
    NamedFor,
    NoReply,
    Objection,
    Quorum,
    Requirement,
    Rung,
    Selector,
    Stage,
    StageKind,
    Transition,
    WhenAbsent,
)
from workflow.definition.shape import refuse_bad_shape
from workflow.definition.toml_reader import DefinitionError, TomlReader
from workflow.definition.vocabulary import (
    CONDITIONS,
    GUARDS,
    RUNG_KINDS,
    SELECTORS,
    UNITS,
    WALKERS,
    WITHOUT_UNIT,
)

#: Definitions that are shipped with hyoka, by their files' names.
SHIPPED = ("standard", "joint", "joint_external", "two_levels")

#: More business days than these are given to nobody by rule.
MOST_LATE_DAYS = 30

DEFINITION_KEYS = frozenset({"name", "label", "stage", "transition"})
STAGE_KEYS = frozenset(
    {
        "key", "label", "label_en", "kind", "who", "distinct_from", "ladder", "joint",
        "when_absent", "no_substitute_when", "delegated", "hold", "comment_required", "late_days",
        "step",
        # How texts said the kind before there were kinds; a running cycle may be pinned to one.
        "editable", "final",
    }
)  # fmt: skip
TRANSITION_KEYS = frozenset(
    {
        "action", "from", "to", "label", "label_en", "by", "guards", "requires", "signs",
        "final_approval", "new_round",
    }
)  # fmt: skip
SELECTOR_KEYS = frozenset({"select", "unit"})
JOINT_KEYS = frozenset({"quorum", "objection", "no_reply"})
DELEGATED_KEYS = frozenset({"instead_of", "rule"})
RUNG_KEYS = frozenset({"kind", "offset", "to"})


def standard() -> Definition:
    """The route that an office gets when it names none."""
    return named("standard")


@lru_cache
def named(name: str) -> Definition:
    """A definition that is shipped with hyoka, by its file's name without ``.toml``."""
    source = resources.files("workflow.definition").joinpath(f"{name}.toml").read_text("utf-8")
    return parse(source, file=f"{name}.toml")


@lru_cache(maxsize=64)
def parse(source: str, *, file: str = "definition") -> Definition:
    """The definition written in *source*.

    Equal texts give the same object: a running cycle's definition is parsed once per process.

    Raises:
        DefinitionError: naming *file*, the key path (the line for syntax errors) and the reason.
    """
    try:
        data = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(file, "", f"not TOML: {error}") from error
    return _Reader(file).definition(data, source)


class _Reader(TomlReader):
    """Walks the parsed TOML of one definition."""

    def definition(self, data: Mapping[str, Any], source: str) -> Definition:
        self.known(data, "", DEFINITION_KEYS)
        stages = tuple(
            self.stage(row, f"stage[{i}]") for i, row in enumerate(self.rows(data, "stage"))
        )
        transitions = tuple(
            self.transition(row, f"transition[{i}]")
            for i, row in enumerate(self.rows(data, "transition"))
        )
        released = {row.source for row in transitions if row.by == "publication"}
        stages = tuple(
            replace(stage, kind=StageKind.RELEASE)
            if stage.kind is StageKind.SIGN_OFF and stage.key in released
            else stage
            for stage in stages
        )
        definition = Definition(
            name=self.text(data, "name", ""),
            label=self.text(data, "label", "", default=self.text(data, "name", "")),
            source=source,
            content_hash=hashlib.sha256(source.encode()).digest(),
            stages=stages,
            transitions=transitions,
        )
        refuse_bad_shape(definition, self)
        return definition

    def stage(self, row: Mapping[str, Any], path: str) -> Stage:
        self.known(row, path, STAGE_KEYS)
        key = self.text(row, "key", path)
        label = self.label(row, path, key, self.text(row, "label", path))
        kind = self.kind(row, path)
        who = tuple(
            self.selector(item, f"{path}.who[{i}]")
            for i, item in enumerate(self.listed(row, "who", path))
        )
        if kind not in (StageKind.PUBLISHED, StageKind.ENDED) and not who:
            raise self.fail(f"{path}.who", "a stage that is not final needs somebody to act")
        ways = self.texts(row, "when_absent", path)
        return Stage(
            key=key,
            label=label,
            label_en=label.english,
            kind=kind,
            who=who,
            distinct_from=self.texts(row, "distinct_from", path),
            ladder=self.ladder(self.listed(row, "ladder", path), f"{path}.ladder"),
            joint=self.joint(row, path) if "joint" in row else None,
            when_absent=tuple(
                self.member(WhenAbsent, way, f"{path}.when_absent", "way") for way in ways
            ),
            delegated=self.delegated(row, path) if "delegated" in row else None,
            may_hold=self.flag(row, "hold", path),
            comment_required=self.flag(row, "comment_required", path),
            late_days=self.count(
                row, "late_days", path, default=Stage.late_days, most=MOST_LATE_DAYS
            ),
            no_substitute_when=self.registered(
                self.texts(row, "no_substitute_when", path),
                frozenset(CONDITIONS),
                f"{path}.no_substitute_when",
                "condition",
            ),
            declared_step=self.member(NamedFor, row["step"], f"{path}.step", "kind of step")
            if "step" in row
            else None,
        )

    def label(self, row: Mapping[str, Any], path: str, key: str, japanese: str) -> Label:
        english = self.text(row, "label_en", path, default=english_for(japanese, key))
        return Label(japanese, english)

    def kind(self, row: Mapping[str, Any], path: str) -> StageKind:
        editable, final = self.flag(row, "editable", path), self.flag(row, "final", path)
        if "kind" in row:
            if editable or final:
                raise self.fail(f"{path}.kind", "says what editable or final say as well")
            return self.member(StageKind, row["kind"], f"{path}.kind", "kind")
        if editable:
            return StageKind.DRAFTING
        return StageKind.PUBLISHED if final else StageKind.SIGN_OFF

    def selector(self, item: Mapping[str, Any], path: str) -> Selector:
        self.known(item, path, SELECTOR_KEYS)
        name = self.text(item, "select", path)
        self.registered([name], frozenset(SELECTORS), f"{path}.select", "selector")
        if name in WITHOUT_UNIT:
            if "unit" in item:
                raise self.fail(f"{path}.unit", f"{name} looks at no unit")
            return Selector(name)
        unit = self.text(item, "unit", path)
        self.registered([unit], UNITS, f"{path}.unit", "unit")
        return Selector(name, unit)

    def joint(self, row: Mapping[str, Any], path: str) -> JointRule:
        path = f"{path}.joint"
        rule = row["joint"]
        self.known(rule, path, JOINT_KEYS)
        quorum: object = rule.get("quorum")
        number = quorum if isinstance(quorum, int) and not isinstance(quorum, bool) else 0
        if number > 0:
            quorum = Quorum.AT_LEAST.value
        elif quorum == Quorum.AT_LEAST or isinstance(quorum, int):
            raise self.fail(f"{path}.quorum", "write how many, at least 1, such as quorum = 2")
        return JointRule(
            quorum=self.member(Quorum, quorum, f"{path}.quorum", "quorum"),
            number=number,
            objection=self.member(
                Objection, rule.get("objection"), f"{path}.objection", "meaning of an objection"
            ),
            no_reply=self.member(
                NoReply, rule.get("no_reply"), f"{path}.no_reply", "meaning of silence"
            ),
        )

    def delegated(self, row: Mapping[str, Any], path: str) -> DelegatedAuthority:
        path = f"{path}.delegated"
        said = row["delegated"]
        self.known(said, path, DELEGATED_KEYS)
        return DelegatedAuthority(
            self.text(said, "instead_of", path), self.text(said, "rule", path)
        )

    def ladder(self, rows: Sequence[Mapping[str, Any]], path: str) -> tuple[Rung, ...]:
        rungs: list[Rung] = []
        for i, row in enumerate(rows):
            here = f"{path}[{i}]"
            self.known(row, here, RUNG_KEYS)
            kind = self.text(row, "kind", here)
            self.registered([kind], RUNG_KINDS, f"{here}.kind", "kind")
            offset = row.get("offset")
            if not isinstance(offset, int) or isinstance(offset, bool):
                raise self.fail(f"{here}.offset", "needs a whole number of business days")
            if (kind == "reminder") != (offset <= 0):
                raise self.fail(f"{here}.offset", f"a {kind} stands on the wrong side of the date")
            to = tuple(
                self.selector(item, f"{here}.to[{n}]") for n, item in enumerate(row.get("to", ()))
            )
            if (kind == "escalation") != bool(to):
                raise self.fail(f"{here}.to", "an escalation says whom it tells, nothing else does")
            rungs.append(Rung(kind, i + 1, offset, to))
        return tuple(rungs)

    def transition(self, row: Mapping[str, Any], path: str) -> Transition:
        self.known(row, path, TRANSITION_KEYS)
        by = self.text(row, "by", path, default="stage")
        self.registered([by], WALKERS, f"{path}.by", "walker")
        guards = self.texts(row, "guards", path)
        action = self.text(row, "action", path)
        label = self.label(row, path, action, self.text(row, "label", path, default=action))
        return Transition(
            action=action,
            source=self.text(row, "from", path),
            target=self.text(row, "to", path),
            label=label,
            label_en=label.english,
            by=by,
            guards=self.registered(guards, frozenset(GUARDS), f"{path}.guards", "guard"),
            requires=tuple(
                self.member(Requirement, name, f"{path}.requires", "requirement")
                for name in self.texts(row, "requires", path)
            ),
            signs=self.flag(row, "signs", path),
            final_approval=self.flag(row, "final_approval", path),
            new_round=self.flag(row, "new_round", path),
        )
