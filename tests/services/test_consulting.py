"""相談: somebody is asked without moving the sheet, and answers, or not."""

from __future__ import annotations

import pytest

from tests.authority import answer, ask
from tests.city import City
from tests.recorders import RecordingTransport
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER, REVIEWERS
from workflow.errors import BadInput, NotFound, Refused

FINANCE = "takada.saori"


@pytest.mark.parametrize("name", [DRAFTERS["611"], APPROVER, PUBLISHER, ADMINISTRATOR])
def test_only_whoever_has_the_sheet_asks(city: City, name: str) -> None:
    city.submit("611")

    with pytest.raises(Refused):
        ask(city, name, "611", FINANCE)


def test_asking_oneself_or_nothing_or_nobody_is_refused(city: City) -> None:
    city.submit("611")

    with pytest.raises(BadInput) as refused:
        ask(city, REVIEWERS["611"], "611", REVIEWERS["611"])
    assert refused.value.faults[0].code == "not_oneself"
    with pytest.raises(BadInput):
        ask(city, REVIEWERS["611"], "611", FINANCE, question=" ")
    assert city.rows("SELECT 1 FROM consultation") == []


def test_a_question_moves_nothing_and_its_answer_comes_back_by_mail(
    city: City, transport: RecordingTransport
) -> None:
    city.submit("611")
    before = city.page(REVIEWERS["611"], "611")
    ask(city, REVIEWERS["611"], "611", FINANCE, question="補助金の額は確定ですか。")
    city.tick(transport)

    [mail] = transport.to(FINANCE)
    assert "補助金の額は確定ですか。" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    with pytest.raises(Refused, match="not_asked"):
        answer(city, APPROVER, "611")
    answer(city, FINANCE, "611", words="確定しています。")
    after = city.page(REVIEWERS["611"], "611")
    assert (after.version, after.stage.key) == (before.version, "department_review")
    assert city.events("611")[-2:] == ["consult", "answer"]
    # The page that was opened before the question still approves what it showed.
    city.act(REVIEWERS["611"], "611", "approve", seen=before)
    assert city.state("611") == "bureau_approval"


def test_an_answer_counts_once_and_also_after_the_sheet_moved_on(city: City) -> None:
    city.submit("611")
    ask(city, REVIEWERS["611"], "611", FINANCE)
    city.approve("611")

    assert not answer(city, FINANCE, "611").repeated
    assert answer(city, FINANCE, "611", words="二度目").repeated
    assert city.events("611").count("answer") == 1
    assert city.verify().broken == ()


def test_somebody_may_be_asked_twice_and_is_told_twice(city: City) -> None:
    city.submit("611")
    ask(city, REVIEWERS["611"], "611", FINANCE, question="一つ目")
    ask(city, REVIEWERS["611"], "611", FINANCE, question="二つ目")

    told = city.rows("SELECT rung, remark FROM notice WHERE kind = 'consulted' ORDER BY rung")
    assert [tuple(row) for row in told] == [(1, "一つ目"), (2, "二つ目")]


def test_whoever_was_asked_is_not_barred_from_deciding(city: City) -> None:
    city.submit("611")
    ask(city, REVIEWERS["611"], "611", APPROVER)
    answer(city, APPROVER, "611")
    city.approve("611")
    city.approve("611")

    assert city.state("611") == "approved"


def test_an_unknown_question_is_not_answered(city: City) -> None:
    with pytest.raises(NotFound, match="no_such_consultation"):
        answer(city, FINANCE, "611")
