"""The demo: invented sites, people and exams, to try the app with."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction

from reporting import clock
from reporting.models import ImagingStudy, Macro, Patient, Report, Site, User
from reporting.services import reports
from reporting.services.audit import audit_event_add
from reporting.services.errors import ActionBlocked
from reporting.services.report_templates import report_template_for

PRIOR_SIGNER = "radiologist"


@transaction.atomic
def demo_load(*, content: Mapping[str, Any], passwords: Mapping[str, str]) -> dict[str, str]:
    """Store what is not there yet; return the password of every account made now.

    An account that exists keeps its password. `passwords` are used where they name an account,
    others are generated. Exams are stored under their accession number, once. Earlier reports are
    signed where the signer's password and a template of their exam are there.
    """
    sites = {
        site["code"]: Site.objects.get_or_create(code=site["code"], defaults=site)[0]
        for site in content["sites"]
    }
    made = {}
    for account in content["accounts"]:
        if User.objects.filter(username=account["username"]).exists():
            continue
        password = passwords.get(account["username"]) or secrets.token_urlsafe(9)
        _account_add(account, password, [sites[code] for code in account["sites"]])
        made[account["username"]] = password
    for macro in content["macros"]:
        Macro.objects.get_or_create(
            site=sites[macro["site"]], trigger=macro["trigger"], defaults={"text": macro["text"]}
        )
    for exam in content["exams"]:
        _exam_add(exam, sites[exam["site"]])
    signer = User.objects.get(username=PRIOR_SIGNER)
    password = (dict(passwords) | made).get(signer.username, "")
    if signer.check_password(password):
        for prior in content["priors"]:
            _prior_add(prior, signer, password)
    return made


def _account_add(account: Mapping[str, Any], password: str, sites: Sequence[Site]) -> None:
    first, _, last = account["name"].partition(" ")
    is_admin = account["role"] == User.Role.ADMIN
    user = User.objects.create_user(
        account["username"],
        password=password,
        first_name=first,
        last_name=last,
        role=account["role"],
        is_staff=is_admin,
        is_superuser=is_admin,
    )
    user.sites.set(sites)
    audit_event_add(actor=None, action="demo_account_add", subject=user)


def _exam_add(exam: Mapping[str, Any], site: Site) -> None:
    if ImagingStudy.objects.filter(site=site, accession_number=exam["accession_number"]).exists():
        return
    person = exam["patient"]
    patient, _ = Patient.objects.get_or_create(
        site=site,
        identifier=person["identifier"],
        defaults={key: person[key] for key in ("name", "birth_date", "sex")},
    )
    columns = ("accession_number", "modality", "body_part", "description", "indication")
    ImagingStudy.objects.create(
        site=site,
        patient=patient,
        patient_name=patient.name,
        patient_identifier=patient.identifier,
        study_instance_uid=f"2.25.{secrets.randbits(100)}",
        comparison=exam["comparison"],
        priority=exam["priority"],
        performed_at=clock.now() - timedelta(minutes=exam["minutes_ago"]),
        assigned_to=User.objects.filter(username=exam["assigned_to"]).first(),
        **{column: exam[column] for column in columns},
    )


def _prior_add(prior: Mapping[str, Any], signer: User, password: str) -> None:
    """Store an earlier exam of the patient of a demo exam, with its report, signed."""
    exam = ImagingStudy.objects.get(accession_number=prior["exam"])
    number = f"{exam.accession_number}-{prior['days_before']}"
    if ImagingStudy.objects.filter(site=exam.site_id, accession_number=number).exists():
        return
    try:
        report_template_for(exam)
    except ActionBlocked:
        return
    exam.pk, exam.accession_number, exam.comparison = uuid4(), number, ""
    exam.study_instance_uid = f"2.25.{secrets.randbits(100)}"
    exam.performed_at -= timedelta(days=prior["days_before"])
    exam.assigned_to, exam.status = signer, ImagingStudy.Status.WAITING
    exam.save(force_insert=True)
    _prior_write(reports.report_open(imaging_study=exam, reader=signer, mode=prior["mode"]), prior)
    reports.report_sign(report=exam.reports.get(), signer=signer, password=password)


def _prior_write(report: Report, prior: Mapping[str, Any]) -> None:
    reader, text = report.author, prior["conclusion"]
    reports.report_conclusion_set(report=report, reader=reader, text=text, version=0)
    values = dict(prior["values"])
    for row in prior["rows"]:
        added = reports.group_row_add(report=report, reader=reader, group=row["group"])
        members = {key: value for key, value in row.items() if key != "group"}
        values |= {f"{row['group']}[{added.pk}].{key}": value for key, value in members.items()}
    for path, value in values.items():
        reports.field_set(report=report, reader=reader, path=path, value=value, version=0)
    if report.mode != Report.Mode.FREE_TEXT:
        reports.rest_normal(report=report, reader=reader)
