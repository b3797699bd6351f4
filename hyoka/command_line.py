"""The command line: ``hyoka``.

Exit status 0 done, 1 a check found something, 2 bad input, 3 the database cannot be reached.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

import click

from hyoka import database
from hyoka.definitions import definition_group
from hyoka.lookups import days_of_stages, read_definition, time_of_day
from hyoka.mails import mail_group
from hyoka.metrics import metrics_command
from hyoka.organisations import organisation_group
from hyoka.shell import (
    BAD_INPUT,
    FOUND_SOMETHING,
    HOME,
    composed,
    contents,
    report,
    tell,
    tells_errors,
)
from workflow import settings_at_start
from workflow.calendar.fiscal_year import first_day
from workflow.clock import OFFICE_ZONE
from workflow.oddities import oddities
from workflow.policy import SYSTEM


@click.group()
def main() -> None:
    """行政評価のワークフロー: workflow and approval for evaluation cycles."""


main.add_command(definition_group)
main.add_command(mail_group)
main.add_command(organisation_group)
main.add_command(metrics_command)


@main.command()
@click.option("--home", type=click.Path(path_type=Path), default=Path(HOME))
@click.option("--sample", is_flag=True, help="Load the sample city when there is no city yet.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option(
    "--keep-passwords", is_flag=True, help="For a demonstration: one-time passwords may stay."
)
@tells_errors
def up(home: Path, sample: bool, port: int, keep_passwords: bool) -> None:
    """Start everything on this machine: PostgreSQL, Redis, web, worker, beat, mail catcher."""
    from hyoka.up import up as start

    sys.exit(start(home=home, sample=sample, port=port, keep_passwords=keep_passwords))


@main.group("database")
def database_group() -> None:
    """Roles, schema and migrations."""


@database_group.command("prepare")
@click.option("--superuser-url", envvar="HYOKA_SUPERUSER_DATABASE_URL", required=True)
@click.option("--name", default="hyoka", show_default=True, help="Name of the database.")
@tells_errors
def database_prepare(superuser_url: str, name: str) -> None:
    """Make the roles and the database (passwords from HYOKA_*_PASSWORD), then migrate."""
    passwords = {}
    for role in (database.OWNER, database.APP, database.READER):
        variable = f"{role.upper()}_PASSWORD"
        if not os.environ.get(variable):
            click.echo(f"{variable} is not set", err=True)
            sys.exit(BAD_INPUT)
        passwords[role] = os.environ[variable]
    database.prepare(superuser_url, name, passwords)
    owner = database.url_for(superuser_url, name, database.OWNER, passwords[database.OWNER])
    database.migrate(owner)
    click.echo(f"{name}: {database.head()}")


@database_group.command("migrate")
@click.option("--to", "revision", default="head", show_default=True)
@tells_errors
def database_migrate(revision: str) -> None:
    """Bring the schema to the newest revision (as HYOKA_OWNER_DATABASE_URL)."""
    settings = settings_at_start.read()
    if settings.owner_database_url is None:
        click.echo("HYOKA_OWNER_DATABASE_URL is not set", err=True)
        sys.exit(BAD_INPUT)
    database.migrate(settings.owner_database_url.get_secret_value(), revision)
    click.echo(revision if revision != "head" else database.head())


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--due", multiple=True, metavar="STAGE=DATE", help="Last day of a stage.")
@click.option(
    "--cut-off", metavar="HH:MM", help="Until when a last day lasts; 17:15 where nothing is said."
)
@click.option(
    "--definition",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The route on which a cycle runs that this import opens; the standard one else.",
)
@click.option("--json", "as_json", is_flag=True)
@tells_errors
def import_file(
    file: Path, due: tuple[str, ...], cut_off: str | None, definition: Path | None, as_json: bool
) -> None:
    """Take a plan file in as a whole (docs/exchange-format.md), or refuse it as a whole."""
    from workflow.exchange.plan_file import read_plan_file
    from workflow.services import plan_import

    deadlines = days_of_stages(due)
    until = time_of_day(cut_off) if cut_off is not None else None
    route = read_definition(definition) if definition else None
    plan = read_plan_file(contents(file))
    tell(tuple(oddities(plan.model_dump())))
    with (
        composed() as application,
        click.progressbar(length=4, label=file.name, file=sys.stderr) as bar,
        application.command(SYSTEM) as ctx,
    ):
        done = plan_import.import_plan(
            ctx,
            plan,
            deadlines=deadlines,
            cut_off=until,
            definition=route,
            source=file.name,
            progress=lambda at, _of: bar.update(at - bar.pos),
        )
    values = dict(done.__dict__)
    report(
        as_json,
        values,
        f"施策 {done.measures}・事務事業 {done.projects}・指標 {done.indicators}"
        f"・事業費合計 {done.total_project_cost:,}千円\n"
        f"開始したシート {done.opened}・内容が変わったシート {done.changed}"
        f"・審査に戻したシート {done.sent_back}",
    )


@main.group("user")
def user_group() -> None:
    """People and their passwords."""


@user_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day of the posts.")
@tells_errors
def user_import(file: Path, since: datetime | None) -> None:
    """Take people, posts and grants in from a TOML file; prints one-time passwords once."""
    from workflow.exchange.people_file import read_people_file
    from workflow.services import people

    staff = read_people_file(contents(file))
    tell(tuple(oddities(staff.model_dump())))
    with composed() as application, application.command(SYSTEM) as ctx:
        first = since.date() if since else first_day(ctx.today.year - (ctx.today.month < 4))
        made = people.import_people(ctx, staff, since=first)
    for user in made:
        click.echo(f"{user.sign_in_name}\t{user.name}\t{user.password}")


@user_group.command("reset-password")
@click.argument("sign_in_name")
@tells_errors
def user_reset_password(sign_in_name: str) -> None:
    """Give somebody a new one-time password; all of their sessions end."""
    from workflow.services import people

    with composed() as application, application.command(SYSTEM) as ctx:
        password = people.print_password(ctx, sign_in_name=sign_in_name)
    click.echo(password)


@main.command()
@click.option("--once", is_flag=True, required=True, help="Do all due work and end.")
@click.option("--json", "as_json", is_flag=True)
@tells_errors
def tick(once: bool, as_json: bool) -> None:
    """All due work: reminders, mails, publications. For cron, without beat or Redis."""
    from workflow.mail.smtp import SmtpTransport
    from workflow.services import ticking

    with composed() as application:
        done = ticking.tick(application, SmtpTransport(application.settings))
    report(
        as_json,
        dict(done.__dict__),
        f"timers {done.timers}, mails written {done.mails_written}, "
        f"sent {done.mails_sent}, published {done.published}"
        + (f", failed: {', '.join(done.failed)}" if done.failed else ""),
    )
    if done.failed:
        # Cron and systemd tell somebody; the log says why.
        sys.exit(FOUND_SOMETHING)


@main.command()
@click.argument("cycle")
@click.option("--as", "sign_in_name", required=True, help="The publisher who publishes.")
@click.option("--at", "at", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]))
@click.option("--dry-run", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@tells_errors
def publish(
    cycle: str, sign_in_name: str, at: datetime | None, dry_run: bool, as_json: bool
) -> None:
    """Publish all approved sheets of CYCLE (e.g. ex_post-2021-1), now or at a set local time."""
    from hyoka.publishing import publish_cycle

    local = at.replace(tzinfo=OFFICE_ZONE) if at else None
    with composed() as application:
        values = publish_cycle(application, cycle, sign_in_name, local, dry_run=dry_run)
    report(
        as_json,
        values,
        "\n".join(
            [f"{item['sheet']}\t{item['reason'] or 'ok'}" for item in values["sheets"]]
            + [f"published: {values['published']}"]
        ),
    )


@main.group("ledger")
def ledger_group() -> None:
    """The chain of events."""


@ledger_group.command("verify")
@click.option("--json", "as_json", is_flag=True)
@tells_errors
def ledger_verify(as_json: bool) -> None:
    """Check the chain of every evaluation and of the installation; status 1 where one breaks."""
    from workflow.queries import ledger

    with composed() as application, application.query(SYSTEM) as ctx:
        found = ledger.verify(ctx)
    broken = [item.__dict__ for item in found.broken]
    report(
        as_json,
        {
            "evaluations": found.evaluations,
            "events": found.events,
            "installation_events": found.installation_events,
            "broken": broken,
        },
        "\n".join(
            [f"{item.evaluation} #{item.sequence}: {item.code}" for item in found.broken]
            + [
                f"evaluations {found.evaluations}, events {found.events}, "
                f"installation events {found.installation_events}, broken {len(broken)}"
            ]
        ),
    )
    sys.exit(FOUND_SOMETHING if broken else 0)


@main.command()
@click.option("--json", "as_json", is_flag=True)
@tells_errors
def translations(as_json: bool) -> None:
    """List sentences of the pages that have no English yet."""
    from web.translation_gaps import gaps

    missing = gaps("en")
    report(as_json, {"en": missing}, "\n".join([*missing, f"en: {len(missing)}"]))
    sys.exit(FOUND_SOMETHING if missing else 0)
