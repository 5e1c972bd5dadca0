"""Triggers that refuse to change what was signed, recorded or published."""

from django.db import migrations

APPEND_ONLY = (
    "reporting_reportsnapshot",
    "reporting_addendum",
    "reporting_timingevent",
    "reporting_auditevent",
)
CONTENT = ("reporting_fieldvalue", "reporting_grouprow")
NO_TRUNCATE = (*APPEND_ONLY, *CONTENT, "reporting_report", "reporting_reporttemplateversion")

FUNCTIONS = """
CREATE FUNCTION concludo_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: its rows are never changed or removed',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION concludo_guard_report() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    expected reporting_report;
BEGIN
    IF OLD.status NOT IN ('final', 'appended', 'corrected') THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'report % is signed and is never removed', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    expected := OLD;
    IF NEW.status IN ('appended', 'corrected') THEN
        expected.status := NEW.status;
    END IF;
    IF NEW IS DISTINCT FROM expected THEN
        RAISE EXCEPTION 'report % is signed and never changes', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION concludo_guard_content() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    report_ids uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN report_ids := ARRAY[NEW.report_id];
    ELSIF TG_OP = 'DELETE' THEN report_ids := ARRAY[OLD.report_id];
    ELSE report_ids := ARRAY[OLD.report_id, NEW.report_id];
    END IF;
    -- The lock waits for a signature under way, so that the status read is the one after it.
    PERFORM 1 FROM reporting_report WHERE id = ANY(report_ids) FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM reporting_report
        WHERE id = ANY(report_ids) AND status IN ('final', 'appended', 'corrected')
    ) THEN
        RAISE EXCEPTION 'a value of report % is not changed: the report is signed', report_ids[1]
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION concludo_guard_template() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.definition IS DISTINCT FROM OLD.definition
        OR NEW.content_hash IS DISTINCT FROM OLD.content_hash
        OR NEW.number IS DISTINCT FROM OLD.number
        OR NEW.report_template_id IS DISTINCT FROM OLD.report_template_id
    THEN
        RAISE EXCEPTION 'template version % never changes: import a new one', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER concludo_guard BEFORE UPDATE OR DELETE ON reporting_report
    FOR EACH ROW EXECUTE FUNCTION concludo_guard_report();
CREATE TRIGGER concludo_guard BEFORE UPDATE ON reporting_reporttemplateversion
    FOR EACH ROW EXECUTE FUNCTION concludo_guard_template();
CREATE TRIGGER concludo_guard_delete BEFORE DELETE ON reporting_reporttemplateversion
    FOR EACH ROW EXECUTE FUNCTION concludo_refuse();
"""


def statements() -> str:
    """Return the functions and one trigger per table and kind of change."""
    parts = [FUNCTIONS]
    for table in APPEND_ONLY:
        parts.append(
            f"CREATE TRIGGER concludo_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION concludo_refuse();"
        )
    for table in CONTENT:
        parts.append(
            f"CREATE TRIGGER concludo_guard BEFORE INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION concludo_guard_content();"
        )
    for table in NO_TRUNCATE:
        parts.append(
            f"CREATE TRIGGER concludo_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION concludo_refuse();"
        )
    return "\n".join(parts)


def reverse() -> str:
    """Return the statements that remove the triggers again."""
    names = ("refuse", "guard_report", "guard_content", "guard_template")
    return "\n".join(f"DROP FUNCTION concludo_{name}() CASCADE;" for name in names)


class Migration(migrations.Migration):
    dependencies = [("reporting", "0001_initial")]
    operations = [migrations.RunSQL(statements(), reverse())]
