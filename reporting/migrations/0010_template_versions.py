"""Templates of one site, drafts of templates, and versions whose status only goes forward."""

import django.db.models.deletion
import reporting.clock
from django.conf import settings
from django.db import migrations, models


GUARDS = """
CREATE OR REPLACE FUNCTION concludo_guard_template() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    expected reporting_reporttemplateversion;
BEGIN
    expected := OLD;
    IF OLD.status = 'published' AND NEW.status = 'retired' THEN
        expected.status := NEW.status;
    END IF;
    IF NEW IS DISTINCT FROM expected THEN
        RAISE EXCEPTION 'template version % never changes: publish a new one', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION concludo_guard_template_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.key IS DISTINCT FROM OLD.key OR NEW.site_id IS DISTINCT FROM OLD.site_id THEN
        RAISE EXCEPTION 'template % keeps its key and its site', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER concludo_guard BEFORE UPDATE ON reporting_reporttemplate
    FOR EACH ROW EXECUTE FUNCTION concludo_guard_template_key();
"""

# The guard as it was before: everything but status, creator and time.
REVERSE = """
DROP FUNCTION concludo_guard_template_key() CASCADE;
CREATE OR REPLACE FUNCTION concludo_guard_template() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reporting", "0009_priors"),
    ]

    operations = [
        migrations.CreateModel(
            name="TemplateDraft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("definition", models.JSONField()),
                ("previous", models.JSONField(blank=True, null=True)),
                ("revision", models.PositiveIntegerField(default=1)),
                (
                    "created_at",
                    models.DateTimeField(db_default=reporting.clock.Now(), editable=False),
                ),
                (
                    "changed_at",
                    models.DateTimeField(db_default=reporting.clock.Now(), editable=False),
                ),
            ],
            options={
                "ordering": ("pk",),
            },
        ),
        migrations.AddField(
            model_name="reporttemplate",
            name="site",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="report_templates",
                to="reporting.site",
            ),
        ),
        migrations.AlterField(
            model_name="reporttemplate",
            name="key",
            field=models.SlugField(max_length=64),
        ),
        migrations.AlterField(
            model_name="reporttemplateversion",
            name="content_hash",
            field=models.CharField(max_length=64),
        ),
        migrations.AddConstraint(
            model_name="reporttemplate",
            constraint=models.UniqueConstraint(
                fields=("key", "site"), name="report_template_unique", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="reporttemplateversion",
            constraint=models.UniqueConstraint(
                fields=("report_template", "content_hash"), name="template_version_content_unique"
            ),
        ),
        migrations.AddField(
            model_name="templatedraft",
            name="base",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="reporting.reporttemplateversion",
            ),
        ),
        migrations.AddField(
            model_name="templatedraft",
            name="changed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="templatedraft",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="templatedraft",
            name="report_template",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="draft",
                to="reporting.reporttemplate",
            ),
        ),
        migrations.AddField(
            model_name="templatedraft",
            name="site",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="template_drafts",
                to="reporting.site",
            ),
        ),
        migrations.RunSQL(GUARDS, REVERSE),
    ]
