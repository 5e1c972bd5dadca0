"""The demo: invented, complete, loaded once, its passwords generated."""

import json

import pytest
from django.conf import settings
from django.core.management import call_command

from reporting.models import ImagingStudy, Macro, Report, User
from reporting.placeholders import unknown_merge_fields
from reporting.selectors.priors import prior_reports
from reporting.services.demo import demo_load
from reporting.services.errors import ActionBlocked
from reporting.services.report_templates import report_template_files, report_template_import_file
from reporting.services.reports import report_open

CONTENT = json.loads((settings.FIXTURES_DIR / "demo_exams.json").read_text(encoding="utf-8"))


def test_every_role_has_an_account_and_a_password_of_its_own(db):
    made = demo_load(content=CONTENT, passwords={})
    assert set(User.objects.values_list("role", flat=True)) == set(User.Role.values)
    assert len(set(made.values())) == len(made) == User.objects.count()
    for name, password in made.items():
        assert len(password) >= 10
        assert User.objects.get(username=name).check_password(password)


def test_loading_again_changes_nothing(db):
    demo_load(content=CONTENT, passwords={})
    exams = set(ImagingStudy.objects.values_list("pk", flat=True))
    assert demo_load(content=CONTENT, passwords={}) == {}
    assert set(ImagingStudy.objects.values_list("pk", flat=True)) == exams
    assert len(exams) >= 60


def test_the_command_keeps_the_passwords_for_the_owner_alone(db, tmp_path, settings, capsys):
    settings.DATA_DIR = tmp_path
    call_command("demo_load")
    path = tmp_path / "demo-accounts.json"
    assert oct(path.stat().st_mode)[-3:] == "600"
    kept = json.loads(path.read_text())
    assert User.objects.get(username="radiologist").check_password(kept["radiologist"])
    call_command("demo_load")
    assert json.loads(path.read_text()) == kept
    assert kept["radiologist"] not in capsys.readouterr().out


def test_exams_open_where_there_is_a_template(db):
    demo_load(content=CONTENT, passwords={})
    for path in report_template_files(settings.FIXTURES_DIR / "report_templates"):
        report_template_import_file(path)
    reader = User.objects.get(username="radiologist")
    opened, refused = 0, 0
    for exam in ImagingStudy.objects.filter(site__code="NORTH", assigned_to=None):
        try:
            report_open(imaging_study=exam, reader=reader, mode=Report.Mode.SFT)
            opened += 1
        except ActionBlocked:
            refused += 1
    assert opened > 20
    assert refused >= 1


def test_the_macros_are_ones_that_could_be_saved(db):
    for _ in range(2):
        demo_load(content=CONTENT, passwords={})
    assert Macro.objects.count() == len(CONTENT["macros"])
    for macro in Macro.objects.all():
        macro.full_clean()
        assert not unknown_merge_fields(macro.text)


def test_names_of_other_scripts_are_among_them(db):
    names = " ".join(exam["patient"]["name"] for exam in CONTENT["exams"])
    assert any("\uac00" <= letter <= "\ud7a3" for letter in names)
    assert any("\u0590" <= letter <= "\u06ff" for letter in names)


@pytest.mark.parametrize("exam", [e for e in CONTENT["exams"] if e["sample_conclusion"]][:3])
def test_samples_are_conclusions(exam):
    assert 5 < len(exam["sample_conclusion"]) < 400


def test_earlier_reports_are_signed_once_and_stand_beside_the_exam(db):
    for path in report_template_files(settings.FIXTURES_DIR / "report_templates"):
        report_template_import_file(path)
    made = demo_load(content=CONTENT, passwords={})
    assert demo_load(content=CONTENT, passwords=made) == {}
    assert Report.objects.filter(status=Report.Status.FINAL).count() == len(CONTENT["priors"])
    reader = User.objects.get(username="radiologist")
    for number in {prior["exam"] for prior in CONTENT["priors"]}:
        exam = ImagingStudy.objects.get(accession_number=number)
        assert prior_reports(report_open(imaging_study=exam, reader=reader, mode="structured"))
