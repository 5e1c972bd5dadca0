"""English that no field holds: advice, history, technique, interpretation, titles."""

from __future__ import annotations

# Words behind a finding.
TAILS = (
    ", as described above", ", for which clinical correlation is recommended", " (see above)",
    " (series {n1}, image {n2})", " (image {n2}/{n3})", ", better seen on coronal images",
    ", likely benign", ", of uncertain significance", ", attention on follow-up",
    ", as on the prior exam dated {date}", ", incompletely evaluated", ", likely incidental",
    ", which may be followed clinically", ", as discussed with the referring physician",
    ", of doubtful clinical significance", ", correlate clinically", ", limited by motion",
    ", representing the patient's symptoms", ", in this patient with known malignancy",
    ", which may reflect the clinical presentation", ", in the appropriate clinical setting",
    ", more pronounced on the right side", ", left greater than right", ", with adjacent changes",
    ", some of which are larger", " throughout", ", which explains the symptoms", ", as above",
    " (se {n1} im {n2})", ", correlate with laboratory values", ", not further characterized",
    ", best seen on axial images", ", poorly visualized", ", partially imaged", ", as queried",
    ", to be followed", " in the setting of known malignancy", " given the clinical history",
    ", clinically relevant", ", likely of no clinical significance", ", at the edge of the field",
)  # fmt: skip

# "X, likely …": what X may be, where that is no finding of the form.
INTERPRETATIONS = (
    "an infectious process", "an inflammatory process", "infection", "inflammation", "reactive change",
    "metastatic disease", "a neoplastic process", "malignancy", "a benign process", "an artifact",
    "early degenerative change", "a chronic process", "an acute process", "treatment-related change",
    "granulomatous disease", "a sequela of prior trauma", "a normal variant", "an anatomic variant",
    "posttraumatic change", "a primary neoplasm", "recurrent disease", "a vascular process",
    "an autoimmune process", "a drug reaction", "radiation effect", "an ischemic process",
    "residual disease", "a congenital variant", "a physiologic finding", "volume averaging",
    "an atypical infection", "a viral process", "underlying malignancy", "a healing process",
    "an infectious or inflammatory process", "infection or inflammation", "an infectious etiology",
    "a malignant process", "an inflammatory etiology", "a reactive process",
)  # fmt: skip
INTERPRETED = (
    ", likely {f}", ", which may represent {f}", ", possibly representing {f}", ", suspicious for {f}",
    ", concerning for {f}", ", suggestive of {f}", ", probably {f}", ", likely representing {f}",
    ", most likely {f}", ", which could represent {f}", ", consistent with {f}", ", in keeping with {f}",
    ", which may be related to {f}", ", compatible with {f}", ", likely related to {f}",
    ", possibly due to {f}", " concerning for {f}", ", which is most consistent with {f}",
    ", likely reflecting {f}", ", presumably {f}", ", favored to represent {f}",
    ", which might reflect {f}", ", probably due to {f}", " suspicious for {f}", ", cannot exclude {f}",
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
    # Advice.
    "follow-up in {n1} to {n4} months is advised", "follow-up per guidelines", "biopsy is recommended",
    "further evaluation with MRI is suggested", "ultrasound may be helpful", "tissue sampling advised",
    "referral to a specialist is recommended", "routine follow-up", "repeat imaging in {n1} weeks",
    "correlation with laboratory findings is recommended", "please correlate with clinical findings",
    "clinical and laboratory correlation is advised", "urgent clinical evaluation is recommended",
    "consider short interval follow-up in {n1} months to document resolution", "biopsy may be considered",
    "management according to clinical judgement", "no further imaging is needed", "PET/CT is suggested",
    "if clinically indicated, further imaging may be obtained", "surgical referral is suggested",
    "multidisciplinary discussion is recommended", "follow up as clinically warranted",
    "comparison with outside imaging is recommended if available", "endoscopy could be considered",
    "therapy should be guided by the clinical course", "additional views may be useful",
    "a dedicated examination could clarify this", "further characterization is recommended",
    "given these findings, clinical follow-up is advised", "annual surveillance is suggested",
    # History and question.
    "history of breast cancer", "history of trauma", "history of lymphoma", "clinical history: pain",
    "indication: pain", "reason for exam: follow-up", "patient with weight loss", "status post fall",
    "{n2}-year-old patient with fever", "history of chronic pain", "history of immunosuppression",
    "known oncologic disease under therapy", "patient has been symptomatic for {n1} weeks",
    "question: change since {date}?", "clinical question answered above", "history as given",
    # Technique and comparison.
    "exam performed without contrast", "contrast was given intravenously", "non-contrast technique",
    "compared with {date}", "in comparison with the prior exam of {date}", "prior exam from {date}",
    "no prior imaging is available", "comparison with prior imaging was not possible",
    "image quality is limited", "study degraded by motion", "suboptimal contrast timing",
    "incomplete coverage", "the examination was terminated early", "metal artifact limits evaluation",
    "the study was reviewed with the resident", "images were reviewed in multiple planes",
    # Communication and form.
    "results were called to the referring physician at {n1}:{n2}", "findings discussed with Dr. Okafor",
    "the ordering physician was notified on {date}", "critical result communicated",
    "discussed at the tumor board on {date}", "preliminary report", "final report to follow",
    "dictated but not read", "this report was electronically signed", "end of report", "as above",
    "please see the findings section", "details as above", "see comment", "see recommendation",
    "thank you for this referral", "the patient was informed", "the above was discussed by phone",
    # Interpretation of what was said before.
    "this may be related to the clinical presentation", "these findings are nonspecific",
    "the clinical significance is uncertain", "this likely accounts for the symptoms",
    "the appearance is nonspecific", "the etiology is unclear", "considerations include infection",
    "differential considerations include inflammation and neoplasm", "this is of doubtful significance",
    "these are likely incidental", "findings are most likely benign", "the cause is not apparent",
    "this may reflect a viral or atypical process", "clinical significance to be determined",
    "these findings are concerning in the given clinical context", "sampling should be considered",
)  # fmt: skip

TITLES = (
    "IMPRESSION: ",
    "Impression:\n",
    "CONCLUSION:\n",
    "Conclusion: ",
    "OPINION:\n",
    "Summary: ",
    "Assessment:\n",
    "IMPRESSION:\n",
    "Final impression: ",
    "Diagnosis: ",
)
