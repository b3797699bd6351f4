"""Constraints as behaviour: what the database refuses, by the name of the constraint."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.city import City
from tests.conftest import START, settings_for
from tests.databases import Cluster, Database
from workflow.application import Application

#: Constraint → a statement that the application's role might send by mistake.
REFUSED = {
    "uq_stage_entry_open": """
        INSERT INTO stage_entry (evaluation_id, stage, round, entered_at)
        SELECT evaluation_id, stage, 2, entered_at FROM stage_entry WHERE left_at IS NULL""",
    "ck_municipality_only_one": "INSERT INTO municipality (id, name) VALUES (2, '隣の市')",
    "pk_municipality": "INSERT INTO municipality (id, name) VALUES (1, '隣の市')",
    "uq_notice_kind_evaluation_id_stage_entry_id_rung_recipient_id": """
        INSERT INTO notice (kind, evaluation_id, stage_entry_id, rung, recipient_id, created_at)
        SELECT kind, evaluation_id, stage_entry_id, rung, recipient_id, created_at FROM notice""",
    "uq_timer_stage_entry_id_kind_rung": """
        INSERT INTO timer (evaluation_id, stage_entry_id, kind, rung, due_at)
        SELECT evaluation_id, stage_entry_id, kind, rung, due_at FROM timer""",
    "uq_mail_recipient_id_business_day_slot": """
        INSERT INTO mail (recipient_id, business_day, slot, promise, address, message_id, subject,
                          body_text, body_html, state, created_at, next_attempt_at)
        SELECT recipient_id, business_day, slot, promise, address, message_id || 'x', '', '', '',
               'queued', created_at, created_at FROM mail""",
    "uq_mail_message_id": """
        INSERT INTO mail (recipient_id, business_day, slot, promise, address, message_id, subject,
                          body_text, body_html, state, created_at, next_attempt_at)
        SELECT recipient_id, business_day, 'x', promise, address, message_id, '', '', '',
               'queued', created_at, created_at FROM mail""",
    "ck_mail_state": "UPDATE mail SET state = 'lost'",
    "ck_mail_promise": "UPDATE mail SET promise = 'exactly_once'",
    "uq_signature_valid": """
        INSERT INTO signature (evaluation_id, round, stage, person_id, content_hash, event_id)
        SELECT evaluation_id, round, stage, person_id, content_hash, event_id FROM signature
        WHERE evaluation_id IN (SELECT id FROM evaluation WHERE closed_at IS NULL)""",
    "uq_revision_evaluation_id_number": """
        INSERT INTO revision (evaluation_id, number, content_hash, origin, created_at)
        SELECT evaluation_id, number, content_hash, origin, created_at FROM revision
        WHERE evaluation_id IN (SELECT id FROM evaluation WHERE closed_at IS NULL)""",
    "ck_revision_origin": """
        INSERT INTO revision (evaluation_id, number, content_hash, origin, created_at)
        SELECT evaluation_id, number + 50, content_hash, 'dream', created_at FROM revision
        WHERE evaluation_id IN (SELECT id FROM evaluation WHERE closed_at IS NULL)""",
    "uq_evaluation_cycle_id_subject_kind_subject_id_attempt": """
        INSERT INTO evaluation (key, cycle_id, subject_kind, subject_id, code, lead_section_id,
                                responsible_department_id, state, closed_at)
        SELECT key || 'x', cycle_id, subject_kind, subject_id, code, lead_section_id,
               responsible_department_id, state, timestamptz '2022-06-01' FROM evaluation""",
    "uq_evaluation_running": """
        INSERT INTO evaluation (key, cycle_id, subject_kind, subject_id, code, lead_section_id,
                                responsible_department_id, state, attempt)
        SELECT key || 'x', cycle_id, subject_kind, subject_id, code, lead_section_id,
               responsible_department_id, state, n
        FROM evaluation, generate_series(2, 3) n WHERE closed_at IS NULL""",
    "uq_evaluation_key": "UPDATE evaluation SET key = 'the same' WHERE closed_at IS NULL",
    "ck_evaluation_content": "UPDATE evaluation SET content_hash = NULL WHERE closed_at IS NULL",
    "ck_evaluation_subject_kind": """
        UPDATE evaluation SET subject_kind = 'dream' WHERE closed_at IS NULL""",
    "uq_evaluation_cycle_kind_target_fiscal_year_number": """
        INSERT INTO evaluation_cycle (kind, cycle_fiscal_year, target_fiscal_year, number, plan_id,
            definition_hash, rating_scale, cut_off, opened_at)
        SELECT kind, cycle_fiscal_year, target_fiscal_year, number, plan_id, definition_hash,
               rating_scale, cut_off, opened_at FROM evaluation_cycle""",
    "uq_publication_running": """
        INSERT INTO publication (cycle_id, version, state, publish_at, requested_at, requested_by,
                                 capacity, request_key, total)
        SELECT cycle_id, version + n, 'requested', publish_at, requested_at, requested_by,
               '', 'key' || n, 0 FROM publication, generate_series(1, 2) n""",
    "ck_publication_published": """
        INSERT INTO publication (cycle_id, version, state, publish_at, requested_at, requested_by,
                                 capacity, request_key, total, published_at)
        SELECT cycle_id, version + 1, 'ready', publish_at, requested_at, requested_by,
               '', 'another', 0, publish_at FROM publication""",
    "uq_publication_cycle_id_version": """
        INSERT INTO publication (cycle_id, version, state, publish_at, requested_at, requested_by,
                                 capacity, request_key, total)
        SELECT cycle_id, version, 'cancelled', publish_at, requested_at, requested_by,
               '', 'another', 0 FROM publication""",
    "uq_publication_request_key": """
        INSERT INTO publication (cycle_id, version, state, publish_at, requested_at, requested_by,
                                 capacity, request_key, total)
        SELECT cycle_id, version + 1, 'cancelled', publish_at, requested_at, requested_by,
               '', request_key, 0 FROM publication""",
    "pk_snapshot": """
        INSERT INTO snapshot (publication_id, evaluation_id, code, content_hash, approved_at)
        SELECT publication_id, evaluation_id, code, content_hash, approved_at FROM snapshot""",
    "uq_person_sign_in_name": "UPDATE person SET sign_in_name = 'the.same'",
    "ck_person_mail_state": "UPDATE person SET mail_state = 'tired'",
    "uq_org_unit_parent_id_name_valid_from": """
        INSERT INTO org_unit (name, kind, parent_id, valid_from)
        SELECT name, kind, parent_id, valid_from FROM org_unit WHERE parent_id IS NULL""",
    "ck_org_unit_period": "UPDATE org_unit SET valid_until = valid_from - 1",
    "uq_post_unit_id_title_valid_from": """
        INSERT INTO post (unit_id, title, rank, valid_from)
        SELECT unit_id, title, rank, valid_from FROM post""",
    "ck_post_rank": "UPDATE post SET rank = 'king'",
    "ck_post_period": "UPDATE post SET valid_until = valid_from - 1",
    "uq_assignment_person_id_post_id_valid_from": """
        INSERT INTO assignment (person_id, post_id, valid_from)
        SELECT person_id, post_id, valid_from FROM assignment""",
    "ck_assignment_period": "UPDATE assignment SET valid_until = valid_from - 1",
    "ck_role_grant_role": "UPDATE role_grant SET role = 'god'",
    "ck_role_grant_period": "UPDATE role_grant SET valid_until = valid_from - 1",
    "uq_measure_plan_id_code": "UPDATE measure SET code = '611'",
    "uq_project_plan_id_code": "UPDATE project SET code = '611010'",
    "uq_indicator_measure_id_number": "UPDATE indicator SET number = 1",
    "ck_indicator_direction": "UPDATE indicator SET direction = 'sideways'",
    "ck_indicator_band": "UPDATE indicator SET lower_bound = 2, upper_bound = 1",
    "ck_project_figure_kind": "UPDATE project_figure SET kind = 'guess'",
    "uq_user_session_token_hash": """
        INSERT INTO user_session (token_hash, person_id, created_at, expires_at)
        SELECT sha256('x'::bytea), id, now(), now() FROM person""",
}


@pytest.fixture(scope="module")
def walked(cluster: Cluster, city_template: tuple[str, dict[str, str]]) -> Iterator[Database]:
    """A city in which something of everything has happened; no test commits to it."""
    with cluster.copy(city_template[0]) as db:
        application = Application(settings_for(db), clock=lambda: START)
        city = City(application, city_template[1])
        city.bring_to("612", "bureau_approval")
        city.publish(["611"])
        city.tick()
        application.dispose()
        yield db


@pytest.mark.parametrize("constraint", REFUSED)
def test_the_database_refuses_by_name(walked: Database, constraint: str) -> None:
    with (
        psycopg.connect(walked.app_url) as connection,
        pytest.raises(psycopg.errors.IntegrityError) as refused,
    ):
        connection.execute(REFUSED[constraint].encode())

    assert refused.value.diag.constraint_name == constraint


def test_an_event_has_its_number_and_its_key_once(city: City, city_database: Database) -> None:
    append = """SELECT append_events(ARRAY[1]::bigint[], 'save', 'draft', 1, NULL, '', NULL,
                NULL, '', 'form-1')"""
    with psycopg.connect(city_database.app_url) as connection:
        connection.execute(append)
        with pytest.raises(psycopg.errors.UniqueViolation) as refused:
            connection.execute(append)

    assert refused.value.diag.constraint_name == "uq_event_request_key"
