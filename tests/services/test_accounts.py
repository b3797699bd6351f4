"""Signing in, sessions that end, posts, and one's own password."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.city import City
from tests.recorders import Clock
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER, TWO_POSTS
from tests.services.sessions import session, sign_in, token_of
from workflow.application import Application
from workflow.errors import BadInput, NotFound, Refused
from workflow.services import accounts, people
from workflow.services.accounts import FREE_ATTEMPTS


def disable(city: City, name: str, *, disabled: bool = True) -> None:
    person = city.person_id(name)
    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        people.set_disabled(ctx, person_id=person, disabled=disabled)


def test_the_right_password_opens_a_session_and_the_row_keeps_no_token(city: City) -> None:
    token = token_of(city, DRAFTERS["611"])

    signed_in = session(city, token)
    assert signed_in is not None
    assert signed_in.actor.name == "佐藤 一郎"
    kept = city.scalar("SELECT token_hash FROM user_session")
    assert (bytes(kept), len(token) >= 40) == (accounts.token_hash(token), True)
    assert token.encode() not in bytes(kept)


@pytest.mark.parametrize("password", ["", "wrong", "Password"])
def test_a_wrong_password_and_an_unknown_name_get_the_same_words(city: City, password: str) -> None:
    wrong = sign_in(city, DRAFTERS["611"], password)
    unknown = sign_in(city, "nobody.at.all", password)

    assert isinstance(wrong, Refused)
    assert isinstance(unknown, Refused)
    assert (wrong.code, dict(wrong.values)) == (unknown.code, dict(unknown.values))
    assert wrong.code == "sign_in_failed"
    assert city.scalar("SELECT count(*) FROM user_session") == 0


def test_after_five_wrong_passwords_one_waits_and_each_time_longer(
    city: City, clock: Clock
) -> None:
    name = DRAFTERS["611"]
    for _ in range(FREE_ATTEMPTS):
        assert str(sign_in(city, name, "wrong")) == "sign_in_failed"

    blocked = sign_in(city, name)
    assert isinstance(blocked, Refused)
    assert blocked.code == "sign_in_blocked"
    assert blocked.values["until"] == clock.now + timedelta(minutes=1)

    waits = []
    for _ in range(6):
        clock.now = city.scalar(
            "SELECT blocked_until FROM credential WHERE person_id = :p", p=city.person_id(name)
        )
        sign_in(city, name, "wrong")
        answer = sign_in(city, name)
        assert isinstance(answer, Refused)
        waits.append(answer.values["until"] - clock.now)
    assert [wait // timedelta(minutes=1) for wait in waits] == [2, 4, 8, 15, 15, 15]


def test_the_right_password_after_the_wait_begins_the_count_anew(city: City, clock: Clock) -> None:
    name = DRAFTERS["611"]
    for _ in range(FREE_ATTEMPTS):
        sign_in(city, name, "wrong")
    clock.forward(minutes=1)

    assert isinstance(sign_in(city, name), str)
    for _ in range(FREE_ATTEMPTS - 1):
        sign_in(city, name, "wrong")
    assert isinstance(sign_in(city, name), str)


def test_wrong_passwords_of_one_person_block_nobody_else(city: City) -> None:
    for _ in range(FREE_ATTEMPTS + 1):
        sign_in(city, DRAFTERS["611"], "wrong")

    assert isinstance(sign_in(city, DRAFTERS["612"]), str)


def test_a_disabled_account_signs_in_no_more_and_says_nothing_special(city: City) -> None:
    disable(city, DRAFTERS["611"])

    answer = sign_in(city, DRAFTERS["611"])

    assert isinstance(answer, Refused)
    assert answer.code == "sign_in_failed"


def test_switching_an_account_off_ends_its_sessions_at_once(city: City) -> None:
    token, other = token_of(city, DRAFTERS["611"]), token_of(city, DRAFTERS["612"])

    disable(city, DRAFTERS["611"])

    assert session(city, token) is None
    assert session(city, other) is not None
    disable(city, DRAFTERS["611"], disabled=False)
    assert session(city, token) is None
    assert isinstance(sign_in(city, DRAFTERS["611"]), str)


def test_only_administrators_switch_accounts_off_and_never_their_own(
    city: City, application: Application
) -> None:
    target = city.person_id(DRAFTERS["611"])
    for name in (PUBLISHER, APPROVER, DRAFTERS["611"]):
        with (
            pytest.raises(Refused, match="administrators_only"),
            application.command(city.actor(name)) as ctx,
        ):
            people.set_disabled(ctx, person_id=target, disabled=True)

    with pytest.raises(BadInput, match="not_yourself"):
        disable(city, ADMINISTRATOR)


def test_an_administrator_ends_anybodys_session(city: City, application: Application) -> None:
    token = token_of(city, DRAFTERS["611"])
    signed_in = session(city, token)
    assert signed_in is not None
    with (
        pytest.raises(Refused, match="administrators_only"),
        application.command(city.actor(PUBLISHER)) as ctx,
    ):
        accounts.end_session(ctx, session_id=signed_in.session_id)

    with application.command(city.actor(ADMINISTRATOR)) as ctx:
        accounts.end_session(ctx, session_id=signed_in.session_id)

    assert session(city, token) is None
    assert city.scalar("SELECT ended_by FROM user_session") == city.person_id(ADMINISTRATOR)
    with (
        pytest.raises(NotFound, match="no_such_session"),
        application.command(city.actor(ADMINISTRATOR)) as ctx,
    ):
        accounts.end_session(ctx, session_id=signed_in.session_id)


def test_a_session_ends_after_ten_hours_whatever_was_done_in_it(city: City, clock: Clock) -> None:
    token = token_of(city, DRAFTERS["611"])

    clock.forward(hours=9, minutes=59)
    assert session(city, token) is not None
    clock.forward(minutes=1)
    assert session(city, token) is None


def test_signing_out_ends_this_session_and_no_other(city: City, application: Application) -> None:
    here, there = token_of(city, DRAFTERS["611"]), token_of(city, DRAFTERS["611"])

    with application.command(city.actor(DRAFTERS["611"])) as ctx:
        accounts.sign_out(ctx, token=here)

    assert (session(city, here), session(city, there) is not None) == (None, True)


def test_an_invented_token_is_no_session(city: City) -> None:
    token_of(city, DRAFTERS["611"])

    assert session(city, "invented") is None
    assert session(city, "") is None


def test_a_person_with_two_posts_begins_in_the_primary_one_and_can_switch(
    city: City, application: Application
) -> None:
    token = token_of(city, TWO_POSTS)
    signed_in = session(city, token)
    assert signed_in is not None
    assert signed_in.actor.capacity == "経営企画課長"
    other = next(post for post in signed_in.posts if not post.is_primary)

    with application.command(signed_in.actor) as ctx:
        accounts.choose_post(
            ctx, session_id=signed_in.session_id, assignment_id=other.assignment_id
        )

    again = session(city, token)
    assert again is not None
    assert again.actor.capacity == "政策室長"
    assert again.actor.other_units == {signed_in.actor.unit_id}


def test_nobody_acts_in_somebody_elses_post(city: City, application: Application) -> None:
    token = token_of(city, DRAFTERS["611"])
    signed_in = session(city, token)
    foreign = city.actor(APPROVER).assignment_id
    assert signed_in is not None
    assert foreign is not None

    with (
        pytest.raises(Refused, match="not_your_post"),
        application.command(signed_in.actor) as ctx,
    ):
        accounts.choose_post(ctx, session_id=signed_in.session_id, assignment_id=foreign)
