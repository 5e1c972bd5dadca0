"""The tables of Concludo, one module per subject."""

from reporting.models.audit import AuditEvent
from reporting.models.checks import CheckOverride, CriticalCommunication
from reporting.models.fills import FillJob, FillWorker
from reporting.models.imaging import ImagingStudy, Patient
from reporting.models.lifecycle import StatusChange
from reporting.models.macros import Macro
from reporting.models.reader_studies import (
    Arm,
    Case,
    ReaderStudy,
    StudyAmendment,
    StudyReader,
)
from reporting.models.readings import PlantedError, ProtocolDeviation, Reading, ReadingPause
from reporting.models.report_templates import ReportTemplate, ReportTemplateVersion
from reporting.models.reports import Addendum, FieldValue, GroupRow, Report, ReportSnapshot
from reporting.models.timing import TimingEvent
from reporting.models.users import Site, User

__all__ = [
    "Addendum",
    "Arm",
    "AuditEvent",
    "Case",
    "CheckOverride",
    "CriticalCommunication",
    "FieldValue",
    "FillJob",
    "FillWorker",
    "GroupRow",
    "ImagingStudy",
    "Macro",
    "Patient",
    "PlantedError",
    "ProtocolDeviation",
    "ReaderStudy",
    "Reading",
    "ReadingPause",
    "Report",
    "ReportSnapshot",
    "ReportTemplate",
    "ReportTemplateVersion",
    "Site",
    "StatusChange",
    "StudyAmendment",
    "StudyReader",
    "TimingEvent",
    "User",
]
