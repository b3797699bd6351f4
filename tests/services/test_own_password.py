"""One's own password: changed by oneself, reset by an administrator."""

from __future__ import annotations

import pytest

from tests.city import City
from tests.sample_people import ADMINISTRATOR, DRAFTERS
from tests.services.sessions import session, sign_in, token_of
from workflow.application import Application
from workflow.errors import BadInput, NotFound, Refused
from workflow.policy import SYSTEM
from workflow.services import accounts, people
from workflow.services.accounts import FREE_ATTEMPTS

NEW = "ginkgo-leaf-2022-may"


def change(city: City, name: str, token: str, current: str, new: str) -> None:
    with city.application.command(city.actor(name)) as ctx:
        accounts.change_password(ctx, token=token, current=current, new=new)


def test_a_new_password_ends_the_persons_other_sessions_and_not_this_one(city: City) -> None:
    name = DRAFTERS["611"]
    here, there = token_of(city, name), token_of(city, name)
    colleague = token_of(city, DRAFTERS["612"])

    change(city, name, here, city.passwords[name], NEW)

    assert session(city, here) is not None
    assert session(city, there) is None
    assert session(city, colleague) is not None
    assert str(sign_in(city, name)) == "sign_in_failed"
    assert isinstance(sign_in(city, name, NEW), str)


@pytest.mark.parametrize(
    ("current", "new", "field", "code"),
    [
        ("wrong", NEW, "current", "password_wrong"),
        (None, "short", "new", "password_too_short"),
        (None, "sato.ichiro1", "new", "password_too_common"),
        (None, None, "new", "password_unchanged"),
        (None, "x" * 129, "new", "password_too_long"),
    ],
)
def test_a_password_that_will_not_do_is_refused_at_its_field_and_the_old_one_stays(
    city: City, current: str | None, new: str | None, field: str, code: str
) -> None:
    name = DRAFTERS["611"]
    token = token_of(city, name)
    old = city.passwords[name]

    with pytest.raises(BadInput) as refused:
        change(city, name, token, current or old, new or old)

    assert [(f.path, f.code) for f in refused.value.faults] == [(field, code)]
    assert isinstance(sign_in(city, name), str)


def test_a_one_time_password_must_be_changed_before_anything_else(
    city: City, application: Application
) -> None:
    strict = Application(
        application.settings.model_copy(update={"keep_one_time_passwords": False}),
        clock=application._clock,
    )
    name = DRAFTERS["611"]
    newcomer = City(strict, city.passwords)
    try:
        token = token_of(newcomer, name)
        assert newcomer.actor(name).must_change_password

        change(newcomer, name, token, city.passwords[name], NEW)

        assert not newcomer.actor(name).must_change_password
        newcomer.submit("611")
    finally:
        strict.dispose()


def test_a_reset_gives_a_one_time_password_and_ends_all_sessions(
    city: City, application: Application
) -> None:
    name = DRAFTERS["611"]
    token = token_of(city, name)
    with (
        pytest.raises(Refused, match="shell_only"),
        application.command(city.actor(ADMINISTRATOR)) as ctx,
    ):
        people.print_password(ctx, sign_in_name=name)

    with application.command(SYSTEM) as ctx:
        given = people.print_password(ctx, sign_in_name=name)

    assert session(city, token) is None
    assert isinstance(sign_in(city, name, given), str)
    assert str(sign_in(city, name)) == "sign_in_failed"
    assert city.scalar(
        "SELECT must_change FROM credential WHERE person_id = :p", p=city.person_id(name)
    )


def test_a_reset_lifts_the_waiting(city: City, application: Application) -> None:
    name = DRAFTERS["611"]
    for _ in range(FREE_ATTEMPTS + 1):
        sign_in(city, name, "wrong")

    with application.command(SYSTEM) as ctx:
        given = people.print_password(ctx, sign_in_name=name)

    assert isinstance(sign_in(city, name, given), str)


def test_a_reset_for_nobody_is_not_found(application: Application, city: City) -> None:
    with pytest.raises(NotFound, match="no_such_person"), application.command(SYSTEM) as ctx:
        people.print_password(ctx, sign_in_name="nobody.at.all")
