"""Every code that the program can say has its sentence, and every sentence is said somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from tests.architecture.sources import calls, modules, named, texts, tree
from workflow.errors import HyokaError
from workflow.messages import MESSAGES, say
from workflow.sentences.checking import CHECKING
from workflow.sentences.places import PLACES
from workflow.sentences.refusals import REFUSALS
from workflow.sentences.typed import TYPED
from workflow.sheet.completeness import MissingCode

#: What is called → which of its arguments is the code.
CODES_AT = {
    "Refused": 0,
    "Conflict": 0,
    "NotFound": 0,
    "BadInput": 0,
    "BrokenRule": 0,
    "Refusal": 0,
    "_rule": 0,
    "Fault": 1,
    "say": 0,
}


def said(path: Path) -> Iterator[str]:
    """Codes that stand as texts in the calls of one module."""
    for name, call in calls(tree(path)):
        position = CODES_AT.get(name.rpartition(".")[2])
        if position is None or len(call.args) <= position:
            continue
        argument = call.args[position]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value


def codes() -> dict[str, str]:
    """Code → a module that says it. The exchange formats have sentences of their own."""
    return {
        code: named(path)
        for path in modules("workflow", "web")
        if not {"exchange", "sentences"} & set(path.parts)
        for code in said(path)
    }


def test_every_code_of_the_program_has_a_sentence() -> None:
    found = codes()

    assert len(found) > 50
    assert {code: where for code, where in found.items() if code not in MESSAGES} == {}
    assert {code for code in MissingCode if code not in MESSAGES} == set()


def test_no_code_has_two_sentences() -> None:
    assert len(REFUSALS) + len(PLACES) + len(TYPED) + len(CHECKING) == len(MESSAGES)


def test_every_sentence_is_said_somewhere() -> None:
    everything = {
        text
        for path in modules("workflow", "web", "hyoka")
        if "sentences" not in path.parts
        for text in texts(tree(path))
    } | {code.value for code in MissingCode}

    assert [code for code in MESSAGES if code not in everything] == []


def test_both_languages_name_the_same_things() -> None:
    for code, sentences in MESSAGES.items():
        japanese, english = (
            {field for _, field, _, _ in Formatter().parse(sentence) if field}
            for sentence in sentences
        )
        assert japanese == english, code


def test_the_english_is_english_and_the_japanese_japanese() -> None:
    kana = re.compile("[ぁ-んァ-ヶ一-龠]")

    for code, (japanese, english) in MESSAGES.items():
        assert kana.search(japanese), code
        assert not kana.search(english), code
        assert english[0].isupper() or english[0] in "{“", code


def test_a_value_that_was_not_given_leaves_a_gap_and_not_an_error() -> None:
    for code in MESSAGES:
        assert "{" not in say(code)
        assert "{" not in say(code, locale="en")


def test_a_code_without_a_sentence_is_shown_as_it_is() -> None:
    assert say("never_heard_of") == "never_heard_of"


def test_an_error_tells_its_code_and_its_values() -> None:
    assert (
        str(HyokaError("moved_on", who="部長", stage="draft")) == "moved_on(who=部長, stage=draft)"
    )
