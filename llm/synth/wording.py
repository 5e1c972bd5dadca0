"""The English around findings: frames, hedges, comparisons, negations. `{f}` is the finding.

The first frame of each tuple is the common one. What is said beside findings is in `asides`.
"""

from __future__ import annotations

FINDINGS = (
    "{f}", "there is {f}", "{f} is seen", "{f} is noted", "{f} is present", "evidence of {f}",
    "findings of {f}", "{f} noted", "findings consistent with {f}", "findings compatible with {f}",
    "{f}, as described above", "findings in keeping with {f}", "appearances in keeping with {f}",
    "{f} as above", "{f} is demonstrated", "{f} identified", "incidental {f}",
    "incidentally noted {f}", "imaging features of {f}", "{f} can be seen", "signs of {f}",
    "again noted is {f}", "the study shows {f}", "we see {f}", "{f} is observed",
    "redemonstrated {f}", "{f} is again seen", "presence of {f}", "consistent with {f}",
    "the exam demonstrates {f}", "there is also {f}", "there are {f}", "also {f}", "{f} detected",
    "{f} is found", "{f} visualized", "{f} is visualised", "{f} is appreciated", "{f} is evident",
    "note is made of {f}", "of note, {f}", "positive for {f}", "notable for {f}",
    "the exam is notable for {f}", "significant for {f}", "images show {f}", "imaging shows {f}",
    "{f} is shown", "{f} is depicted", "{f} is identified", "{f} (see above)", "picture of {f}",
    "{f} as the main finding", "main finding: {f}", "the dominant finding is {f}", "{f}, incidental",
    "there is evidence of {f}", "overall, {f}", "on the current exam, {f}", "we note {f}",
    "demonstration of {f}", "{f} can be identified", "in summary, {f}", "known {f}",
    "finding of {f}", "features are those of {f}", "the study is remarkable for {f}", "{f} found",
    "there appears to be {f}", "{f} is visible", "visible {f}", "{f} is documented", "{f} present",
    "changes of {f}", "{f} is again demonstrated", "{f} is redemonstrated", "seen is {f}",
)  # fmt: skip

CERTAINTY = {
    "probable": (
        "probable {f}", "probably {f}", "likely {f}", "most likely {f}", "{f}, likely",
        "findings suspicious for {f}", "suspicious for {f}", "findings suggestive of {f}",
        "suggestive of {f}", "concerning for {f}", "findings concerning for {f}", "suspected {f}",
        "findings likely represent {f}", "findings favor {f}", "{f} is likely", "presumed {f}",
        "presumably {f}", "{f} is suspected", "findings suggesting {f}", "highly likely {f}",
        "in all likelihood {f}", "{f} is favored", "favored to represent {f}", "{f} favoured",
        "most suggestive of {f}", "strongly suggestive of {f}", "high suspicion for {f}",
        "suspicion of {f}", "{f} suspected", "{f} most likely", "very likely {f}", "{f} (likely)",
        "worrisome for {f}", "findings are worrisome for {f}", "{f}, probable", "{f} (probable)",
        "thought to represent {f}", "felt to represent {f}", "probably representing {f}",
        "appearances suggest {f}", "this likely reflects {f}", "{f} is probable",
    ),
    "possible": (
        "possible {f}", "possibly {f}", "questionable {f}", "equivocal {f}", "{f} is possible",
        "findings may represent {f}", "this may represent {f}", "could represent {f}",
        "{f} cannot be excluded", "{f} is not excluded", "cannot exclude {f}", "query {f}",
        "may reflect {f}", "{f} not entirely excluded", "?{f}", "perhaps {f}", "{f} possible",
        "findings possibly indicative of {f}", "{f} would be a consideration", "{f}?",
        "possibility of {f}", "raising the possibility of {f}", "{f} cannot be ruled out",
        "cannot rule out {f}", "{f} not ruled out", "consider {f}", "{f} could be considered",
        "might represent {f}", "potential {f}", "potentially {f}", "{f} (possible)", "maybe {f}",
        "question of {f}", "equivocal for {f}", "{f} is questionable", "{f} remains possible",
        "{f} is conceivable", "this could reflect {f}", "could be {f}",
    ),
    "definite": (
        "definite {f}", "unequivocal {f}", "diagnostic of {f}", "findings diagnostic of {f}",
        "definitely {f}", "{f} without doubt", "clear-cut {f}", "{f} is certain",
        "certainly {f}", "{f}, definite", "{f} is definite", "definitive {f}", "{f} (definite)",
        "unequivocally {f}", "findings are diagnostic of {f}", "pathognomonic for {f}",
    ),
}  # fmt: skip

CHANGE = {
    "new": (
        "new {f}", "{f}, new", "{f}, new from prior", "newly developed {f}", "{f} has developed",
        "interval development of {f}", "{f}, new since the previous exam", "newly appeared {f}",
        "{f}, not seen previously", "new from prior study: {f}", "{f} is new", "now {f}, new",
        "{f} new compared to {date}", "{f} (new)", "interval appearance of {f}", "new finding of {f}",
        "{f} is a new finding", "{f} not present on the prior study", "{f}, not present previously",
        "{f} has newly developed", "{f} has appeared since {date}", "new onset of {f}",
        "{f}, new since {date}", "{f} which was not present before", "in the interval, new {f}",
    ),
    "increased": (
        "increased {f}", "worsening {f}", "interval increase in {f}", "progressive {f}",
        "{f} has increased", "{f}, increased", "{f}, increased from prior", "worsened {f}",
        "interval progression of {f}", "{f}, larger than before", "{f}, progressed since {date}",
        "{f} is increasing", "increasing {f}", "interval worsening of {f}",
        "{f} which has increased since the prior exam", "growing {f}", "{f} has worsened",
        "{f} has progressed", "{f}, worse than before", "{f} is worse", "enlarging {f}",
        "progression of {f}", "{f} (increased)", "{f} more pronounced than on {date}",
        "{f} more extensive than previously", "slight interval increase in {f}", "{f} has grown",
        "slightly increased {f}", "{f} appears increased", "{f}, larger since {date}",
        "mild interval worsening of {f}", "{f} has increased compared with {date}",
    ),
    "unchanged": (
        "unchanged {f}", "stable {f}", "{f}, unchanged", "{f}, stable", "{f} is unchanged",
        "{f}, stable since {date}", "no change in {f}", "{f} without significant change",
        "{f}, not significantly changed", "{f}, similar to prior", "{f} has not changed",
        "no significant interval change in {f}", "{f}, unchanged from the previous exam",
        "persistent unchanged {f}", "{f} remains stable", "{f} is stable", "{f} (unchanged)",
        "{f} (stable)", "grossly unchanged {f}", "{f}, grossly stable", "{f} appears stable",
        "{f} as before", "{f}, the same as before", "{f} similar to {date}", "{f} shows no change",
        "essentially unchanged {f}", "{f} without interval change", "{f} again seen, unchanged",
        "{f}, unchanged since {date}", "{f} persists unchanged", "{f} remains unchanged",
    ),
    "decreased": (
        "decreased {f}", "improving {f}", "interval decrease in {f}", "resolving {f}",
        "{f} has decreased", "{f}, decreased", "{f}, decreased since {date}", "improved {f}",
        "{f}, smaller than before", "interval improvement in {f}", "{f} has improved",
        "regressing {f}", "{f}, less than before", "partial resolution of {f}", "{f} is smaller",
        "{f} has regressed", "{f} has become smaller", "{f} less pronounced than before",
        "{f} is improving", "{f} (decreased)", "{f} (improved)", "{f} has partially resolved",
        "regression of {f}", "slight interval decrease in {f}", "shrinking {f}", "diminished {f}",
        "{f} less extensive than on {date}", "{f}, improved compared to the prior exam",
        "reduction of {f}", "{f} appears decreased",
    ),
}  # fmt: skip

# Said of what the clause before named.
CHANGE_AFTER = {
    "new": ("this is new", "not present on the prior exam", "it is new since {date}",
            "this is a new finding", "new since the previous study", "this was not seen before",
            "not seen on {date}", "new"),
    "increased": ("this has increased", "it has grown since the prior exam", "increased in size",
                  "it is larger than on {date}", "this has progressed", "larger than before",
                  "it has increased in size", "increased since {date}", "this is worse",
                  "it shows interval growth", "progressive since {date}"),
    "unchanged": ("this is unchanged", "it is stable", "unchanged from {date}", "stable",
                  "no change from the prior exam", "it has not changed", "unchanged",
                  "this is stable since {date}", "it is similar to the previous exam",
                  "without interval change", "this appears unchanged"),
    "decreased": ("this has decreased", "it is smaller than before", "decreased since {date}",
                  "it has regressed", "decreased in size", "this has improved", "smaller than on {date}",
                  "it shows interval decrease", "improved since the prior exam"),
}  # fmt: skip
CHANGE_ALL = {
    "increased": ("all have increased", "all of them are larger", "all lesions have progressed",
                  "they have all increased in size", "all larger than before"),
    "unchanged": ("all are unchanged", "all of these are stable", "all lesions are stable",
                  "these are all unchanged since {date}", "all unchanged", "they are all stable",
                  "none has changed"),
    "decreased": ("all have decreased", "all of them are smaller", "all have regressed",
                  "they have all decreased in size", "all smaller than before"),
}  # fmt: skip
NUMBER_AFTER = (
    "it measures {f}", "this measures {f}", "measuring {f}", "size {f}", "it is {f} in size",
    "the largest diameter is {f}", "measures up to {f}", "its size is {f}", "it measures about {f}",
    "maximum diameter {f}", "it is approximately {f}", "size: {f}", "the size is {f}",
    "the lesion measures {f}", "diameter of {f}", "it is {f} across",
)  # fmt: skip
PRIOR_AFTER = (
    "previously {f}", "previously it measured {f}", "prior size {f}", "it was {f} before",
    "prior measurement {f}", "it measured {f} previously", "it measured {f} on the prior exam",
    "prior {f}", "it was previously {f}", "formerly {f}",
)  # fmt: skip
PLACE_AFTER = (
    "it is located in the {f}", "this is in the {f}", "location: {f}", "situated in the {f}",
    "it lies in the {f}", "in the {f}", "it is situated in the {f}", "this lies in the {f}",
    "located in the {f}", "it is seen in the {f}", "site: {f}",
)  # fmt: skip
QUALITY_AFTER = (
    "it is {f}", "it appears {f}", "this is {f}", "appearance: {f}", "{f} in appearance",
    "this appears {f}", "the lesion is {f}", "it looks {f}",
)  # fmt: skip

# Behind a noun: its size, its earlier size.
SIZE_TAILS = (
    " measuring {f}", ", {f}", " ({f})", ", measuring {f}", " of {f}", " up to {f}",
    ", {f} in size", " which measures {f}", ", size {f}", " measuring approximately {f}",
    " with a diameter of {f}", ", {f} in diameter", " measuring up to {f}", ", about {f}",
)  # fmt: skip
PRIOR_TAILS = (
    " (previously {f})", ", previously {f}", " ({f} previously)", " (prior {f})",
    " (prior exam {f})", ", prior size {f}", " (formerly {f})", " compared to {f} previously",
    ", {f} on the prior exam", " (on {date}: {f})", ", was {f}", " versus {f} previously",
)  # fmt: skip
LEADING_TO = (
    ", leading to ", " causing ", " with ", " resulting in ", ", with ", " and ", ", ",
    " associated with ", ", causing ", " producing ", ", resulting in ", " contributing to ",
)  # fmt: skip

NEGATIONS = (
    "no {f}", "no evidence of {f}", "there is no {f}", "no significant {f}", "without {f}",
    "no definite {f}", "negative for {f}", "no signs of {f}", "no suspicious {f}", "no acute {f}",
    "without evidence of {f}", "no {f} is seen", "no {f} identified", "no {f} detected",
    "no sign of {f}", "absence of {f}", "no convincing {f}", "no CT or MR evidence of {f}",
    "{f} is not seen", "no {f} noted", "absent {f}", "no visible {f}", "no demonstrable {f}",
    "{f}: none", "no findings of {f}", "no pathologic {f}", "no appreciable {f}", "no {f} seen",
    "no evidence for {f}", "there is no evidence of {f}", "there are no {f}", "{f} is absent",
    "{f} absent", "{f} not seen", "{f} not identified", "no {f} demonstrated", "no {f} visualized",
    "no {f} appreciated", "no {f} present", "no {f} found", "free of {f}", "without any {f}",
    "no imaging evidence of {f}", "no radiographic evidence of {f}", "no indication of {f}",
    "the exam is negative for {f}", "nothing to suggest {f}", "{f} ruled out", "{f} is excluded",
    "no focal {f}", "specifically no {f}", "in particular no {f}", "nil {f}", "lack of {f}",
    "no obvious {f}", "{f} has been excluded", "{f} is not identified", "{f} is not present",
    "we see no {f}", "no clear {f}", "no {f} is identified", "no {f} is evident", "w/o {f}",
    "no significant {f} is seen", "{f} not present",
)  # fmt: skip
WITHOUT = (" without ", " without evidence of ", ", without ", ", no ", " but no ",
           ", without evidence of ", " with no ", " but without ", " without any ",
           " in the absence of ", " with no evidence of ", " without associated ")  # fmt: skip

NORMAL_PARTS = (
    "normal {f}", "{f} is normal", "unremarkable {f}", "{f} is unremarkable", "{f}: normal",
    "{f}: unremarkable", "normal appearance of {f}", "{f} appears normal", "{f} within normal limits",
    "no abnormality of {f}", "{f} are normal", "{f} shows no abnormality", "{f} are unremarkable",
    "no abnormality in {f}", "{f} normal", "normal-appearing {f}", "{f}: within normal limits",
    "{f} is within normal limits", "{f} without abnormality", "{f} appear unremarkable",
    "{f} appears unremarkable", "{f} unremarkable", "{f} WNL", "the {f} is normal",
    "the {f} are normal", "{f}: no abnormality", "{f} grossly normal", "the {f} is unremarkable",
    "no acute abnormality of {f}", "{f} intact", "{f} intact and unremarkable",
    "{f} without pathological findings", "normal imaging of {f}", "regular {f}",
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
    "no other significant findings", "the exam is otherwise normal", "otherwise within normal limits",
    "the remaining structures are normal", "no additional abnormality", "all else is normal",
    "no pathology", "the rest of the study is unremarkable", "normal exam", "otherwise negative",
    "no further relevant findings", "everything else is unremarkable",
)  # fmt: skip

UNCLEAR = (
    "{a} versus {b}", "{a} vs {b}", "{a} or {b}", "either {a} or {b}", "{a} / {b}, unclear",
    "differential includes {a} and {b}", "{a}, differential diagnosis {b}", "{a} rather than {b}?",
    "{a} or alternatively {b}", "indeterminate, {a} versus {b}", "{a}, DD {b}", "{a} vs. {b}",
    "it is unclear whether this is {a} or {b}", "considerations are {a} and {b}", "{a} or rather {b}",
    "differential: {a}, {b}", "differential diagnosis is {a} versus {b}", "could be {a} or {b}",
)  # fmt: skip

JOINS = (" and ", " and ", " with ", ", ", " as well as ", " along with ", " plus ", " & ",
         ", and ", "; ", " associated with ", " and also ", " together with ", " in addition to ",
         " with associated ", " accompanied by ", " and there is ", ", also ", " combined with ",
         " + ", ", plus ", ", in addition ")  # fmt: skip
# What comes together is joined as if one caused or went with the other.
TOGETHER = (" with ", " with associated ", " and ", " and associated ", ", with ", " causing ",
            " with accompanying ", " associated with ", ", ", " in combination with ",
            ", accompanied by ")  # fmt: skip
# "A, likely B": the hedge belongs to B alone.
HEDGED_JOINS = {
    "probable": (
        ", likely ", ", likely representing ", ", probably ", ", most likely ", ", suspicious for ",
        ", concerning for ", ", suggestive of ", ", which likely represents ", ", presumably ",
        " suspicious for ", " most likely representing ", ", likely reflecting ", ", likely due to ",
        ", favored to represent ", ", in keeping with probable ", " concerning for ",
    ),
    "possible": (
        ", possibly ", ", which may represent ", ", may represent ", ", possibly representing ",
        ", which could represent ", ", questionable ", " possibly indicative of ", ", perhaps ",
        ", which may reflect ", ", which might represent ", ", possibly due to ", " and possible ",
        ", raising the possibility of ",
    ),
}  # fmt: skip
BOTH_SIDES = ("bilateral", "bilateral", "bilateral", "left and right", "right and left")

PLURALS = {
    "nodule": "nodules", "mass": "masses", "lesion": "lesions", "metastasis": "metastases",
    "cyst": "cysts", "hemangioma": "hemangiomas", "abscess": "abscesses", "opacity": "opacities",
    "collection": "collections", "focus": "foci", "stone": "stones", "granuloma": "granulomas",
    "tumor": "tumors", "tumour": "tumours", "lymph node": "lymph nodes", "adenoma": "adenomas",
    "infarct": "infarcts", "infarction": "infarctions", "lacune": "lacunes", "stroke": "strokes",
    "insult": "insults", "hematoma": "hematomas", "haematoma": "haematomas",
    "hemorrhage": "hemorrhages", "haemorrhage": "haemorrhages", "contusion": "contusions",
    "bleed": "bleeds", "meningioma": "meningiomas", "glioma": "gliomas", "deposit": "deposits",
    "glioblastoma": "glioblastomas", "astrocytoma": "astrocytomas", "neoplasm": "neoplasms",
    "cavernoma": "cavernomas", "malformation": "malformations", "anomaly": "anomalies",
    "node": "nodes", "haemangioma": "haemangiomas", "island": "islands", "enostosis": "enostoses",
    "osteoma": "osteomas", "abnormality": "abnormalities", "secondary": "secondaries",
    "hamartoma": "hamartomas", "schwannoma": "schwannomas",
}  # fmt: skip
