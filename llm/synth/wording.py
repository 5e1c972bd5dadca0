"""The English around findings: frames, hedges, comparisons, negations. `{f}` is the finding.

The first frame of each tuple is the common one.
"""

from __future__ import annotations

FINDINGS = (
    "{f}", "there is {f}", "{f} is seen",
    "{f} is noted", "{f} is present", "evidence of {f}", "findings of {f}", "{f} noted",
    "findings consistent with {f}", "findings compatible with {f}", "{f}, as described above",
    "findings in keeping with {f}", "appearances in keeping with {f}", "{f} as above",
    "{f} is demonstrated", "{f} identified", "incidental {f}", "incidentally noted {f}",
    "imaging features of {f}", "{f} can be seen", "signs of {f}", "again noted is {f}",
    "the study shows {f}", "we see {f}", "{f} is observed", "redemonstrated {f}",
    "{f} is again seen", "presence of {f}", "consistent with {f}", "the exam demonstrates {f}",
)  # fmt: skip

CERTAINTY = {
    "probable": (
        "probable {f}", "probably {f}", "likely {f}", "most likely {f}", "{f}, likely",
        "findings suspicious for {f}", "suspicious for {f}", "findings suggestive of {f}",
        "suggestive of {f}", "concerning for {f}", "findings concerning for {f}", "suspected {f}",
        "findings likely represent {f}", "findings favor {f}", "{f} is likely", "presumed {f}",
        "presumably {f}", "{f} is suspected", "findings suggesting {f}", "highly likely {f}",
    ),
    "possible": (
        "possible {f}", "possibly {f}", "questionable {f}", "equivocal {f}", "{f} is possible",
        "findings may represent {f}", "this may represent {f}", "could represent {f}",
        "{f} cannot be excluded", "{f} is not excluded", "cannot exclude {f}", "query {f}",
        "may reflect {f}", "{f} not entirely excluded", "?{f}", "perhaps {f}", "{f} possible",
        "findings possibly indicative of {f}", "{f} would be a consideration",
    ),
    "definite": (
        "definite {f}", "unequivocal {f}", "diagnostic of {f}", "findings diagnostic of {f}",
        "definitely {f}", "{f} without doubt", "clear-cut {f}", "{f} is certain",
    ),
}  # fmt: skip

CHANGE = {
    "new": (
        "new {f}", "{f}, new", "{f}, new from prior", "newly developed {f}", "{f} has developed",
        "interval development of {f}", "{f}, new since the previous exam", "newly appeared {f}",
        "{f}, not seen previously", "new from prior study: {f}", "{f} is new", "now {f}, new",
        "{f} new compared to {date}",
    ),
    "increased": (
        "increased {f}", "worsening {f}", "interval increase in {f}", "progressive {f}",
        "{f} has increased", "{f}, increased", "{f}, increased from prior", "worsened {f}",
        "interval progression of {f}", "{f}, larger than before", "{f}, progressed since {date}",
        "{f} is increasing", "increasing {f}", "interval worsening of {f}",
        "{f} which has increased since the prior exam", "growing {f}",
    ),
    "unchanged": (
        "unchanged {f}", "stable {f}", "{f}, unchanged", "{f}, stable", "{f} is unchanged",
        "{f}, stable since {date}", "no change in {f}", "{f} without significant change",
        "{f}, not significantly changed", "{f}, similar to prior", "{f} has not changed",
        "no significant interval change in {f}", "{f}, unchanged from the previous exam",
        "persistent unchanged {f}", "{f} remains stable",
    ),
    "decreased": (
        "decreased {f}", "improving {f}", "interval decrease in {f}", "resolving {f}",
        "{f} has decreased", "{f}, decreased", "{f}, decreased since {date}", "improved {f}",
        "{f}, smaller than before", "interval improvement in {f}", "{f} has improved",
        "regressing {f}", "{f}, less than before", "partial resolution of {f}",
    ),
}  # fmt: skip

# Said of what the clause before named.
CHANGE_AFTER = {
    "new": ("this is new", "not present on the prior exam", "it is new since {date}"),
    "increased": ("this has increased", "it has grown since the prior exam", "increased in size",
                  "it is larger than on {date}", "this has progressed"),
    "unchanged": ("this is unchanged", "it is stable", "unchanged from {date}", "stable",
                  "no change from the prior exam", "it has not changed"),
    "decreased": ("this has decreased", "it is smaller than before", "decreased since {date}",
                  "it has regressed"),
}  # fmt: skip
CHANGE_ALL = {
    "increased": ("all have increased", "all of them are larger", "all lesions have progressed"),
    "unchanged": ("all are unchanged", "all of these are stable", "all lesions are stable",
                  "these are all unchanged since {date}", "all unchanged"),
    "decreased": ("all have decreased", "all of them are smaller", "all have regressed"),
}  # fmt: skip
NUMBER_AFTER = (
    "it measures {f}", "this measures {f}", "measuring {f}", "size {f}", "it is {f} in size",
    "the largest diameter is {f}", "measures up to {f}", "its size is {f}",
)  # fmt: skip
PRIOR_AFTER = (
    "previously {f}", "previously it measured {f}", "prior size {f}", "it was {f} before",
    "prior measurement {f}", "it measured {f} previously",
)  # fmt: skip
PLACE_AFTER = (
    "it is located in the {f}", "this is in the {f}", "location: {f}", "situated in the {f}",
    "it lies in the {f}", "in the {f}",
)  # fmt: skip
QUALITY_AFTER = ("it is {f}", "it appears {f}", "this is {f}", "appearance: {f}")

NEGATIONS = (
    "no {f}", "no evidence of {f}", "there is no {f}", "no significant {f}", "without {f}", "no definite {f}", "negative for {f}",
    "no signs of {f}", "no suspicious {f}", "no acute {f}", "without evidence of {f}",
    "no {f} is seen", "no {f} identified", "no {f} detected", "no sign of {f}", "absence of {f}",
    "no convincing {f}", "no CT or MR evidence of {f}", "{f} is not seen", "no {f} noted",
    "absent {f}", "no visible {f}", "no demonstrable {f}", "{f}: none", "no findings of {f}",
    "no pathologic {f}", "no appreciable {f}",
)  # fmt: skip
WITHOUT = (" without ", " without evidence of ", ", without ", ", no ", " but no ",
           ", without evidence of ", " with no ")  # fmt: skip

NORMAL_PARTS = (
    "normal {f}", "{f} is normal", "unremarkable {f}", "{f} is unremarkable", "{f}: normal",
    "{f}: unremarkable", "normal appearance of {f}", "{f} appears normal", "{f} within normal limits",
    "no abnormality of {f}", "{f} are normal", "{f} shows no abnormality", "{f} are unremarkable",
    "no abnormality in {f}", "{f} normal", "normal-appearing {f}",
)  # fmt: skip
NORMAL_REPORTS = (
    "normal study", "normal examination", "no abnormality", "otherwise unremarkable",
    "otherwise normal study", "otherwise normal", "unremarkable examination", "normal scan",
    "the remainder of the exam is unremarkable", "no other abnormality", "no significant abnormality",
    "remainder of the study is normal", "no abnormal findings", "unremarkable study",
    "otherwise unremarkable examination", "no further abnormality", "normal {name}",
    "unremarkable {name}", "no other significant abnormality", "no relevant pathology",
    "rest of the examination normal", "otherwise no abnormality", "no pathological findings",
    "remaining structures are unremarkable", "within normal limits", "{name} within normal limits",
    "no other significant findings",
)  # fmt: skip

UNCLEAR = (
    "{a} versus {b}", "{a} vs {b}", "{a} or {b}", "either {a} or {b}", "{a} / {b}, unclear",
    "differential includes {a} and {b}", "{a}, differential diagnosis {b}", "{a} rather than {b}?",
    "{a} or alternatively {b}", "indeterminate, {a} versus {b}",
)  # fmt: skip

JOINS = (" and ", " and ", " with ", ", ", " as well as ", " along with ", " plus ", " & ",
         ", and ", "; ", " associated with ", " and also ")  # fmt: skip

# Words behind a finding that no field holds.
TAILS = (
    ", as described above", ", for which clinical correlation is recommended", " (see above)",
    " (series {n1}, image {n2})", " (image {n2}/{n3})", ", better seen on coronal images",
    ", likely benign", ", of uncertain significance", ", attention on follow-up",
    ", as on the prior exam dated {date}", ", incompletely evaluated", ", likely incidental",
    ", which may be followed clinically", ", as discussed with the referring physician",
    ", of doubtful clinical significance", ", correlate clinically", ", limited by motion",
    ", representing the patient's symptoms", ", in this patient with known malignancy",
    ", which may reflect the clinical presentation", ", in the appropriate clinical setting",
    ", more pronounced on the right side", ", left greater than right", ", likely infectious",
    ", possibly representing an inflammatory process", ", with adjacent inflammatory change",
    ", concerning for metastatic disease", ", some of which are larger", " throughout the spine",
)  # fmt: skip

NONE_CLAUSES = (
    "comparison: {date}", "comparison is made with the exam of {date}", "no prior for comparison",
    "follow-up is recommended in {n1} months", "findings were discussed with Dr. Meyer",
    "clinical correlation is recommended", "see above", "as described above", "motion artifact",
    "this was communicated by phone at {n1}:{n2} on {date}", "limited study", "recommend follow-up",
    "thank you for the referral", "technically adequate study", "evaluation is limited by motion",
    "consider further evaluation", "please see the body of the report", "none", "addendum to follow",
    "the differential is broad", "further workup as clinically indicated", "attention on follow-up",
    "given the small size, this is likely benign", "surgical consultation is advised",
    "these findings may explain the patient's symptoms", "no acute findings", "no acute abnormality",
    "these findings may be related to infection or inflammation", "treatment as clinically appropriate",
    "immediate clinical attention is recommended", "known history of malignancy", "recommend biopsy",
    "a follow-up scan in {n1}-{n4} months is suggested to ensure stability", "short-term follow-up",
    "contrast-enhanced imaging may be considered", "history of colon cancer", "comparison none",
)  # fmt: skip

PLURALS = {
    "nodule": "nodules", "mass": "masses", "lesion": "lesions", "metastasis": "metastases",
    "cyst": "cysts", "hemangioma": "hemangiomas", "abscess": "abscesses", "opacity": "opacities",
    "collection": "collections", "focus": "foci", "stone": "stones", "granuloma": "granulomas",
    "tumor": "tumors", "tumour": "tumours", "lymph node": "lymph nodes", "adenoma": "adenomas",
}  # fmt: skip
TITLES = (
    "IMPRESSION: ",
    "Impression:\n",
    "CONCLUSION:\n",
    "Conclusion: ",
    "OPINION:\n",
    "Summary: ",
)
