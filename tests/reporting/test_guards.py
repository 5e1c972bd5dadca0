"""The database itself refuses to change what was signed or recorded."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from reporting import clock
from reporting.models import (
    Addendum,
    AuditEvent,
    CheckOverride,
    CriticalCommunication,
    FieldValue,
    GroupRow,
    Report,
    ReportSnapshot,
    ReportTemplateVersion,
    StatusChange,
    TimingEvent,
)
from reporting.services import reports
from tests import factories
from tests.cast import PASSWORD

APPEND_ONLY = (
    ReportSnapshot,
    Addendum,
    TimingEvent,
    AuditEvent,
    StatusChange,
    CheckOverride,
    CriticalCommunication,
)


@pytest.fixture
def signed(cast, by_hand):
    reports.report_conclusion_set(report=by_hand, reader=cast.alice, text="Normal.", version=0)
    reports.field_set(report=by_hand, reader=cast.alice, path="emphysema", value="mild", version=0)
    reports.group_row_add(report=by_hand, reader=cast.alice, group="nodule")
    about = {"report": by_hand, "by": cast.alice}
    CheckOverride.objects.create(rule="sex", sentence="Check it.", reason="Known.", **about)
    CriticalCommunication.objects.create(
        result="air", told_to="Dr Ward", told_at=clock.now(), read_back=True, **about
    )
    reports.report_sign(report=by_hand, signer=cast.alice, password=PASSWORD)
    reports.addendum_add(report=by_hand, author=cast.alice, text="More.", password=PASSWORD)
    by_hand.refresh_from_db()
    return by_hand


@pytest.mark.parametrize("model", APPEND_ONLY)
def test_append_only_tables_refuse_update_delete_and_truncate(signed, model):
    table = model._meta.db_table
    assert model.objects.exists()
    column = "text" if model is Addendum else "id"
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in (
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
            connection.cursor().execute(statement)


@pytest.mark.parametrize(
    "column", ["conclusion", "findings_text", "signed_by_id", "mode", "author_id"]
)
def test_a_signed_report_refuses_changes(signed, column):
    other = {"conclusion": "'x'", "findings_text": "'x'", "mode": "'sft'"}.get(column, "NULL")
    statement = f"UPDATE reporting_report SET {column} = {other}"
    with pytest.raises(DatabaseError, match="signed"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.parametrize("status", ["draft", "preliminary", "cancelled", "final"])
def test_a_signed_report_is_never_opened_again(signed, status):
    with pytest.raises(DatabaseError, match="signed"), transaction.atomic():
        Report.objects.filter(pk=signed.pk).update(status=status)


def test_a_signed_report_refuses_removal(signed):
    with pytest.raises(DatabaseError, match="signed"), transaction.atomic():
        connection.cursor().execute("DELETE FROM reporting_report")


@pytest.mark.parametrize("model", [FieldValue, GroupRow])
def test_values_of_a_signed_report_refuse_changes(signed, model):
    table = model._meta.db_table
    for statement in (
        f"UPDATE {table} SET id = id",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)


def test_values_are_not_added_to_a_signed_report(signed):
    with pytest.raises(DatabaseError, match="signed"), transaction.atomic():
        FieldValue.objects.create(report=signed, path="wall", source="reader", value=3)


def test_values_do_not_move_to_or_from_a_signed_report(cast, signed):
    draft = factories.report(cast.alice, cast.north)
    FieldValue.objects.create(report=draft, path="wall", source="reader", value=3)
    with pytest.raises(DatabaseError, match="signed"), transaction.atomic():
        FieldValue.objects.filter(report=draft).update(report=signed)
    with pytest.raises(DatabaseError, match="signed"), transaction.atomic():
        FieldValue.objects.filter(report=signed).update(report=draft)


def test_a_template_version_never_changes(cast):
    factories.template_version()
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        ReportTemplateVersion.objects.update(definition={})
    ReportTemplateVersion.objects.update(status="retired")


def test_the_web_role_may_only_add_to_what_is_append_only(signed):
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE concludo_web_test")
        call_command("database_grants", role="concludo_web_test")
        call_command("database_grants", role="concludo_web_test")
        cursor.execute("SET LOCAL ROLE concludo_web_test")
        cursor.execute("SELECT count(*) FROM reporting_timingevent")
        for statement in (
            "UPDATE reporting_timingevent SET kind = kind",
            "DELETE FROM reporting_auditevent",
            "TRUNCATE reporting_report CASCADE",
            "ALTER TABLE reporting_timingevent DISABLE TRIGGER ALL",
            "CREATE OR REPLACE FUNCTION concludo_now() RETURNS timestamptz LANGUAGE sql"
            " AS 'SELECT now()'",
            "DELETE FROM django_migrations",
        ):
            with pytest.raises(DatabaseError, match=r"permission|owner"), transaction.atomic():
                cursor.execute(statement)
        cursor.execute("RESET ROLE")


def test_a_superuser_is_refused_as_the_web_role(db):
    from django.core.management import CommandError

    with pytest.raises(CommandError, match="could undo"):
        call_command("database_grants", role=connection.settings_dict["USER"])
