"""Taking in people: new ones get a password once, known ones keep theirs, bad posts refuse all."""

from __future__ import annotations

import re
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from tests.city import City
from tests.sample_people import APPROVER, DRAFTERS, PUBLISHER
from workflow.application import Application
from workflow.errors import BadInput, Refused
from workflow.exchange.people_file import PeopleFile, read_people_file
from workflow.policy import SYSTEM, Actor
from workflow.services import people
from workflow.services.people import OneTimePassword

SINCE = date(2022, 4, 1)


def a_file(**changes: str) -> PeopleFile:
    """One newcomer in まちづくり推進課."""
    values = {
        "sign_in_name": "new.comer",
        "name": "新任 太郎",
        "kana": "しんにん たろう",
        "email": "new.comer@aose.example.jp",
        "unit": "まちづくり推進課",
    } | changes
    return read_people_file(
        """
        [[people]]
        sign_in_name = "{sign_in_name}"
        name = "{name}"
        kana = "{kana}"
        email = "{email}"
        grants = ["publisher"]
        [[people.posts]]
        unit = "{unit}"
        title = "主事"
        rank = "staff"
        """.format_map(values).encode()
    )


def take(city: City, file: PeopleFile, by: Actor = SYSTEM) -> list[OneTimePassword]:
    with city.application.command(by) as ctx:
        return people.import_people(ctx, file, since=SINCE)


def test_only_administrators_take_people_in(city: City) -> None:
    for name in (PUBLISHER, APPROVER):
        with pytest.raises(Refused, match="administrators_only"):
            take(city, a_file(), city.actor(name))


def test_a_newcomer_gets_a_password_a_post_and_the_grant(city: City) -> None:
    [made] = take(city, a_file())

    assert (made.sign_in_name, made.name) == ("new.comer", "新任 太郎")
    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", made.password)
    actor = city.actor("new.comer")
    assert (actor.capacity, sorted(actor.grants)) == ("まちづくり推進課主事", ["publisher"])
    assert city.page("new.comer", "611").edit_refusal is None


def test_passwords_differ_from_person_to_person(city: City) -> None:
    assert len(set(city.passwords.values())) == len(city.passwords)


def test_the_same_file_again_makes_no_second_password_and_no_second_row(city: City) -> None:
    take(city, a_file())
    before = city.counts()

    assert take(city, a_file()) == []
    assert city.counts() == before


def test_known_people_get_their_new_name_and_address_and_a_good_mail_state(
    city: City, application: Application
) -> None:
    take(city, a_file())
    refused = "UPDATE person SET mail_state = 'refused' WHERE sign_in_name = 'new.comer'"
    with application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.connection.exec_driver_sql(refused)
    take(city, a_file(name="新任 次郎"))
    state = "SELECT mail_state FROM person WHERE sign_in_name = 'new.comer'"
    assert city.scalar(state) == "refused"

    take(city, a_file(email="corrected@aose.example.jp"))

    assert city.scalar(state) == "good"


@pytest.mark.parametrize("unit", ["どこにもない課", "まちづくり推進"])
def test_a_post_in_an_unknown_unit_refuses_the_whole_file_with_its_path(
    city: City, unit: str
) -> None:
    before = city.counts()

    with pytest.raises(BadInput) as refused:
        take(city, a_file(unit=unit))

    assert [(f.path, f.code) for f in refused.value.faults] == [
        ("people[0].posts[0].unit", "unknown_unit")
    ]
    assert city.counts() == before


def test_a_post_is_written_as_offices_write_it(city: City) -> None:
    written = {
        name: city.actor(name).capacity
        for name in ("yamada.hanako", DRAFTERS["611"], "ishida.makoto", "kubota.masaru", APPROVER)
    }

    assert written == {
        "yamada.hanako": "まちづくり推進課長",
        "sato.ichiro": "まちづくり推進課主査",
        "ishida.makoto": "デジタル戦略室長",
        "kubota.masaru": "市議会事務局長",
        "morita.kenji": "総合政策部長",
    }


def test_an_address_of_somebody_else_refuses_the_whole_file(city: City) -> None:
    before = city.counts()

    with pytest.raises(BadInput, match="invalid_file") as refused:
        take(city, a_file(email="Sato.Ichiro@aose.example.jp"))

    [fault] = refused.value.faults
    assert (fault.path, fault.code) == ("people[0].email", "address_taken")
    assert fault.values == {"name": "佐藤 一郎"}
    assert city.counts() == before


def test_two_people_may_change_addresses_in_one_file(city: City) -> None:
    """Also what no command asks: the database itself keeps an address to one person."""
    one, other = a_file().people[0], a_file(sign_in_name="another", email="b@aose.example.jp")
    pair = [one, other.people[0]]
    take(city, PeopleFile(people=tuple(pair)))
    emails = [person.email for person in pair]
    swapped = zip(pair, reversed(emails), strict=True)

    take(city, PeopleFile(people=tuple(p.model_copy(update={"email": e}) for p, e in swapped)))

    statement = "SELECT email FROM person WHERE sign_in_name = :name"
    found = [city.scalar(statement, name=person.sign_in_name) for person in pair]
    assert found == list(reversed(emails))
    with (
        pytest.raises(IntegrityError, match="uq_person_email"),
        city.application.command(SYSTEM) as ctx,
    ):
        ctx.execute(sa.text("UPDATE person SET email = upper(:one)"), {"one": emails[0]})
