"""Every rule of the checks before signing, in the order in which they are shown."""

from reporting.report_checks import anatomy, contradictions, critical, form, sides, sizes
from reporting.report_checks.found import Finding, Found, Rule
from reporting.report_checks.says import CONCLUSION, FINDINGS_TEXT, ReportSays

RULES = (
    Rule("conclusion_empty", "stop", "No conclusion", form.conclusion_empty),
    Rule("fill_running", "stop", "A fill is running", form.fill_running),
    Rule("suggestion_open", "stop", "The model's answer is not attested", form.suggestion_open),
    Rule("copy_open", "stop", "A copied value is not confirmed", form.copy_open),
    Rule("conflict_open", "stop", "Two answers to one field", form.conflict_open),
    Rule("required", "stop", "A required field is empty", form.required),
    Rule("placeholder", "stop", "A placeholder is empty", form.placeholder),
    Rule("critical_not_told", "warn", "A critical result not told", critical.critical_not_told),
    Rule("conclusion_denies", "warn", "A finding is denied", contradictions.conclusion_denies),
    Rule("findings_deny", "warn", "The conclusion is denied", contradictions.findings_deny),
    Rule("side_of_exam", "warn", "Side that was not examined", sides.side_of_exam),
    Rule("side_differs", "warn", "Different sides", sides.side_differs),
    Rule("sex", "warn", "Organ of the other sex", anatomy.sex),
    Rule("level", "warn", "Level that is not shown", anatomy.level),
    Rule("size_slip", "warn", "Ten times too large or small", sizes.size_slip),
    Rule("size_implausible", "warn", "Implausible size", sizes.size_implausible),
    Rule("prior_change", "warn", "Jump against the prior report", sizes.prior_change),
    Rule("prior_denies", "warn", "Change that the sizes deny", sizes.prior_denies),
    Rule("support", "warn", "Words of the finding are gone", form.support),
    Rule("not_read", "warn", "The conclusion could not be read", form.not_read),
)  # fmt: skip
BY_KEY = {rule.key: rule for rule in RULES}


def findings(says: ReportSays) -> tuple[Finding, ...]:
    """All that the rules find: what stops first, then by place in the order of the form."""
    found = [Finding(rule.key, rule.severity, one) for rule in RULES for one in rule.find(says)]
    places = {place: n for n, place in enumerate(("", CONCLUSION, FINDINGS_TEXT, *says.order))}

    def order(finding: Finding) -> tuple[bool, int]:
        return finding.severity != "stop", places.get(finding.found.place, len(places))

    return tuple(sorted(found, key=order))


__all__ = ["BY_KEY", "RULES", "Finding", "Found", "Rule", "findings"]
