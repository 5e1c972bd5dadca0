"""Reminders by e-mail to readers whose next reading waits, through any backend of Django's."""

from datetime import timedelta

from django.core.mail import send_mail
from django.db import transaction

from reporting import clock
from reporting.models import ReaderStudy, StudyReader
from reporting.selectors.readings import turn_of

SUBJECT = "Your next reading in {study}"
TEXT = """{name},

in the study {study} you have read {done} of {total} cases. {state}

Sign in to Concludo and open "My readings".
"""


def study_reminders(*, every: timedelta) -> int:
    """Remind each reader who can go on now, at most once in `every`; return how many mails.

    Nobody is reminded within a washout, after the last reading, or without an address. A mail
    says nothing about arms or times. An error of the mail backend is raised.
    """
    sent = 0
    due = StudyReader.objects.filter(
        study__status=ReaderStudy.Status.RUNNING, dropped_out_at__isnull=True
    ).exclude(user__email="")
    for key in due.filter(user__is_active=True).values_list("pk", flat=True):
        sent += _remind(key, every)
    return sent


@transaction.atomic
def _remind(key: int, every: timedelta) -> bool:
    """Send one mail, if it is due; the row is locked, so that two runs send it once."""
    reader = (
        StudyReader.objects.select_for_update(of=("self",)).select_related("study", "user")
    ).get(pk=key)
    now = clock.now()
    if reader.reminded_at is not None and now - reader.reminded_at < every:
        return False
    turn = turn_of(reader)
    if turn.next is None or turn.opens_at is not None:
        return False
    state = (
        "Please read the instructions and consent first."
        if turn.needs_consent
        else ("One reading is paused." if turn.is_paused else "The next one is ready.")
    )
    facts = {
        "name": reader.user.display_name,
        "study": " ".join(reader.study.name.split()),
        "done": turn.done,
        "total": turn.total,
        "state": state,
    }
    subject, text = SUBJECT.format(**facts), TEXT.format(**facts)
    StudyReader.objects.filter(pk=reader.pk).update(reminded_at=now)
    send_mail(subject, text, None, [reader.user.email])
    return True
