"""A new password without anybody else knowing it, and that everybody concerned hears of it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import psycopg
import pytest
import sqlalchemy as sa

from tests.authority import grant
from tests.city import City
from tests.databases import Database
from tests.recorders import Clock, RecordingTransport
from tests.sample_people import ADMINISTRATOR, APPROVER, DRAFTERS, PUBLISHER
from workflow.application import Application
from workflow.errors import BadInput, NotFound, Refused
from workflow.policy import SYSTEM
from workflow.services import accounts, delivery, password_halves, password_links, people

PERSON = DRAFTERS["611"]
SECOND = "hara.yuka"
NEW = "桜の木の下で会いましょう"


@pytest.fixture
def second(city: City) -> str:
    """Another administrator."""
    grant(city, SECOND, "administrator")
    return SECOND


def send_link(city: City, by: str = ADMINISTRATOR) -> None:
    with city.application.command(city.actor(by)) as ctx:
        password_links.send(ctx, person_id=city.person_id(PERSON))


def sent_link(application: Application, transport: RecordingTransport) -> str:
    """The token of the link that was mailed last, to the person alone."""
    delivery.deliver_all(application, transport)
    found = [
        (to, re.search(r"/password/([\w-]+)", message.get_body(("plain",)).get_content()))  # type: ignore[union-attr]
        for to, message in zip(transport.recipients, transport.sent, strict=True)
    ]
    links = [(to, link[1]) for to, link in found if link]
    assert {to for to, _ in links} == {f"{PERSON}@aose.example.jp"}
    return str(links[-1][1])


def sign_in(city: City, password: str, name: str = PERSON) -> str | Refused:
    with city.application.command(city.actor(name)) as ctx:
        return accounts.sign_in(ctx, sign_in_name=name, password=password)


def without_address(city: City) -> None:
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(sa.text("UPDATE person SET mail_state = 'refused' WHERE sign_in_name = :name"),
                    {"name": PERSON})  # fmt: skip


def told(city: City, action: str) -> list[tuple[int | None, int | None]]:
    """Who did it, and whom it concerns."""
    return [
        (row.person_id, row.concerns_id)
        for row in city.rows(
            "SELECT person_id, concerns_id FROM installation_event WHERE action = :action"
            " ORDER BY sequence",
            action=action,
        )
    ]


def recipients(city: City) -> list[str]:
    return [
        row.sign_in_name
        for row in city.rows(
            "SELECT p.sign_in_name FROM mail m JOIN person p ON p.id = m.recipient_id"
            " WHERE m.slot LIKE 'account-%' ORDER BY m.id"
        )
    ]


def use(city: City, token: str, new: str = NEW) -> None:
    with city.application.command(city.actor(PERSON)) as ctx:
        password_links.use(ctx, token=token, new=new)


# By a link


def test_the_link_goes_to_the_person_holds_once_and_ends_all_sessions(
    city: City, transport: RecordingTransport, second: str
) -> None:
    session = sign_in(city, city.passwords[PERSON])
    send_link(city)
    assert isinstance(sign_in(city, city.passwords[PERSON]), str), "nothing changed yet"
    token = sent_link(city.application, transport)

    with pytest.raises(BadInput):
        use(city, token, "short")
    use(city, token)

    with city.application.query() as ctx:
        assert accounts.session(ctx, str(session)) is None
    assert isinstance(sign_in(city, city.passwords[PERSON]), Refused)
    assert isinstance(sign_in(city, NEW), str)
    assert not city.actor(PERSON).must_change_password
    with pytest.raises(NotFound, match="link_over"):
        use(city, token)
    me, admin = city.person_id(PERSON), city.person_id(ADMINISTRATOR)
    assert told(city, "password_link") == [(admin, me)]
    assert told(city, "password_set") == [(me, me)]
    assert sorted(set(recipients(city))) == sorted({PERSON, second, ADMINISTRATOR})
    assert city.verify().broken == ()


def test_the_token_is_in_the_mail_alone(
    city: City, city_database: Database, transport: RecordingTransport
) -> None:
    send_link(city)
    token = sent_link(city.application, transport)

    with psycopg.connect(city_database.superuser_url) as connection:
        tables = [row[0] for row in connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace")]  # fmt: skip
        for table in tables:
            rows = connection.execute(f"SELECT t::text FROM {table} t".encode()).fetchall()  # noqa: S608
            assert not any(token in row[0] for row in rows), table


def test_a_link_ends_after_a_day_and_when_another_way_was_taken(
    city: City, clock: Clock, transport: RecordingTransport, second: str
) -> None:
    send_link(city)
    first = sent_link(city.application, transport)
    send_link(city, second)
    newer = sent_link(city.application, transport)

    with pytest.raises(NotFound, match="link_over"):
        use(city, first)
    clock.forward(hours=24)
    with pytest.raises(NotFound, match="link_over"):
        use(city, newer)


def test_the_link_goes_out_in_the_night_of_a_closed_day(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    clock.set(date(2022, 6, 4))
    send_link(city)
    clock.forward(hours=13)

    assert sent_link(city.application, transport)


def test_looking_at_a_link_changes_nothing(city: City, transport: RecordingTransport) -> None:
    send_link(city)
    token = sent_link(city.application, transport)
    before = city.counts()

    with city.application.query() as ctx:
        assert password_links.holder(ctx, token)
        assert password_links.holder(ctx, token + "x") is None

    assert city.counts() == before
    use(city, token)


def test_only_administrators_send_links(city: City) -> None:
    for name in (PUBLISHER, APPROVER, PERSON):
        with pytest.raises(Refused, match="administrators_only"):
            send_link(city, name)


def test_who_gave_the_address_does_not_send_the_link_there(city: City, second: str) -> None:
    """Otherwise one administrator alone could put an own address and take the account over."""
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(sa.text("UPDATE person SET email_set_by = :by WHERE sign_in_name = :name"),
                    {"by": city.person_id(ADMINISTRATOR), "name": PERSON})  # fmt: skip

    with pytest.raises(Refused, match="address_set_by_you"):
        send_link(city)
    send_link(city, second)


# By two administrators


def ask(city: City, by: str) -> str:
    with city.application.command(city.actor(by)) as ctx:
        return password_halves.ask(ctx, person_id=city.person_id(PERSON))


def confirm(city: City, by: str) -> str:
    with city.application.command(city.actor(by)) as ctx:
        return password_halves.confirm(ctx, person_id=city.person_id(PERSON))


def test_two_administrators_have_one_half_each_and_only_both_open_the_door(
    city: City, clock: Clock, second: str
) -> None:
    without_address(city)
    with pytest.raises(BadInput, match="no_address"):
        send_link(city)

    first_half = ask(city, ADMINISTRATOR)
    assert isinstance(sign_in(city, city.passwords[PERSON]), str), "nothing changed yet"
    with pytest.raises(Refused, match="two_administrators"):
        confirm(city, ADMINISTRATOR)
    second_half = confirm(city, second)

    assert isinstance(sign_in(city, city.passwords[PERSON]), Refused)
    for known_to_one in (first_half, second_half):
        assert isinstance(sign_in(city, known_to_one), Refused)
    assert isinstance(sign_in(city, f"{first_half}-{second_half}"), str)
    with pytest.raises(NotFound, match="no_such_request"):
        confirm(city, second)
    me, one, two = (city.person_id(name) for name in (PERSON, ADMINISTRATOR, second))
    assert told(city, "password_asked") == [(one, me)]
    assert told(city, "password_confirmed") == [(two, me)]
    assert recipients(city) == [second, ADMINISTRATOR], "each hears of what the other one did"
    assert city.verify().broken == ()


def test_a_request_is_over_after_a_day_and_nobody_asks_for_themselves(
    city: City, clock: Clock, second: str
) -> None:
    with pytest.raises(BadInput, match="has_address"):
        ask(city, ADMINISTRATOR)
    without_address(city)
    ask(city, ADMINISTRATOR)
    clock.forward(hours=24)

    with pytest.raises(NotFound, match="no_such_request"):
        confirm(city, second)
    with (
        pytest.raises(BadInput, match="not_yourself"),
        city.application.command(city.actor(ADMINISTRATOR)) as ctx,
    ):
        password_halves.ask(ctx, person_id=city.person_id(ADMINISTRATOR))


# One-time passwords


def strict(city: City, clock: Clock) -> Application:
    return Application(
        city.application.settings.model_copy(update={"keep_one_time_passwords": False}),
        clock=clock,
    )


def test_a_one_time_password_expires_after_a_week_and_a_link_is_the_way_on(
    city: City, clock: Clock, transport: RecordingTransport
) -> None:
    application = strict(city, clock)

    def door(password: str) -> str | Refused:
        with application.command(city.actor(PERSON)) as ctx:
            return accounts.sign_in(ctx, sign_in_name=PERSON, password=password)

    clock.forward(days=6, hours=23)
    assert isinstance(door(city.passwords[PERSON]), str)
    clock.forward(hours=1)
    late, wrong = door(city.passwords[PERSON]), door("another one altogether")
    assert isinstance(late, Refused)
    assert isinstance(wrong, Refused)
    assert (late.code, wrong.code) == ("one_time_password_expired", "sign_in_failed")
    assert isinstance(sign_in(city, city.passwords[PERSON]), str), "a demonstration lets them stay"

    send_link(city)
    use(city, sent_link(city.application, transport))
    clock.forward(days=30)
    assert isinstance(door(NEW), str)
    application.dispose()


def test_the_shell_prints_a_password_and_everybody_hears_of_it(city: City) -> None:
    with (
        pytest.raises(Refused, match="shell_only"),
        city.application.command(city.actor(ADMINISTRATOR)) as ctx,
    ):
        people.print_password(ctx, sign_in_name=PERSON)
    with city.application.command(SYSTEM) as ctx:
        printed = people.print_password(ctx, sign_in_name=PERSON)

    assert isinstance(sign_in(city, printed), str)
    assert told(city, "password_printed") == [(None, city.person_id(PERSON))]
    assert sorted(recipients(city)) == sorted([PERSON, ADMINISTRATOR])


# Sessions, accounts, rights


def test_an_ended_session_and_a_stopped_account_are_events_and_both_sides_hear_of_them(
    city: City, second: str
) -> None:
    sign_in(city, city.passwords[PERSON])
    me, admin = city.person_id(PERSON), city.person_id(ADMINISTRATOR)
    session = city.scalar("SELECT id FROM user_session WHERE person_id = :id", id=me)

    with city.application.command(city.actor(ADMINISTRATOR)) as ctx:
        accounts.end_session(ctx, session_id=session)
        people.set_disabled(ctx, person_id=me, disabled=True)
        people.set_disabled(ctx, person_id=me, disabled=True)
        people.set_disabled(ctx, person_id=me, disabled=False)

    for action in ("session_ended", "account_stopped", "account_resumed"):
        assert told(city, action) == [(admin, me)]
    assert sorted(recipients(city)) == sorted([PERSON, second] * 3)
    assert city.verify().broken == ()


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("INSERT INTO role_grant (person_id, role, valid_from)"
         " VALUES (1, 'administrator', '2022-06-01')", "right_untold"),
        ("UPDATE role_grant SET valid_until = '2099-03-31'", "right_untold"),
        ("UPDATE person SET disabled_at = '2022-06-01' WHERE id = 1", "account_untold"),
    ],
)  # fmt: skip
def test_what_was_done_past_the_chain_is_found(city: City, statement: str, code: str) -> None:
    assert city.verify().broken == ()
    with city.application.command(SYSTEM) as ctx:
        ctx.permit(None)
        ctx.execute(sa.text(statement))

    assert [(b.evaluation, b.code) for b in city.verify().broken] == [("installation", code)]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE installation_event SET concerns_id = 2 WHERE sequence = 3", "columns_differ"),
        ("UPDATE installation_event SET details = jsonb_build_object('a', 'b') WHERE sequence = 3",
         "columns_differ"),
        ("UPDATE installation_event SET canonical = canonical || ' ' WHERE sequence = 3",
         "event_changed"),
        ("DELETE FROM installation_narrative WHERE event_id = 3", "narrative_missing"),
        ("DELETE FROM installation_narrative WHERE event_id = 3;"
         " DELETE FROM installation_event WHERE sequence = 3", "event_missing"),
    ],
)  # fmt: skip
def test_tampering_with_the_installations_chain_is_found(
    city: City, city_database: Database, statement: str, code: str
) -> None:
    with psycopg.connect(city_database.superuser_url, autocommit=True) as connection:
        for table in ("installation_event", "installation_narrative"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL".encode())
        for part in statement.split(";"):
            connection.execute(part.encode())

    assert [b.code for b in city.verify().broken if b.evaluation == "installation"] == [code]


@pytest.mark.parametrize("table", ["installation_event", "installation_narrative"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET canonical = canonical",
        "DELETE FROM {}",
        "INSERT INTO {} DEFAULT VALUES",
        "TRUNCATE {} CASCADE",
    ],
)
def test_the_application_writes_that_chain_by_its_function_alone(
    city_database: Database, table: str, statement: str
) -> None:
    with (
        psycopg.connect(city_database.app_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.format(table).encode())


def test_two_at_once_wait_for_each_other_and_the_chain_has_no_gap(
    city: City, city_database: Database
) -> None:
    append = "SELECT append_installation_event('session_ended', NULL, NULL, '', 1, '{}', '')"
    with (
        psycopg.connect(city_database.app_url) as one,
        psycopg.connect(city_database.app_url) as two,
    ):
        one.execute(append)
        two.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            two.execute(append)
        two.rollback()
        one.commit()
        two.execute(append)
        two.commit()

    assert city.verify().broken == ()
    assert timedelta(0) <= city.scalar(
        "SELECT min(d) FROM (SELECT occurred_at - lag(occurred_at) OVER (ORDER BY sequence) AS d"
        " FROM installation_event) x"
    )
