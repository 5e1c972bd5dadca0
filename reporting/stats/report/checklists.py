"""Reporting guidelines: their item numbers, what is asked in our own short words, and the section
of the report that answers it, if it can.

The guidelines' own texts are the ones that count: DECIDE-AI (Vasey et al., BMJ 2022;377:e070904),
CONSORT-AI (Liu et al., Nat Med 2020;26:1364, the items that it adds to CONSORT), TRIPOD-LLM
(Gallifant et al., Nat Med 2025;31:60).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """An item, and the key of the section that answers it ("" where none can)."""

    number: str
    asks: str
    section: str = ""


def _items(text: str) -> tuple[Item, ...]:
    """Read lines of "number | what is asked | section"."""
    lines = (line.split("|") for line in text.strip().splitlines())
    return tuple(Item(*(part.strip() for part in parts)) for parts in lines)


DECIDE_AI = _items("""
1 | Title names an early clinical evaluation of AI decision support, and the problem | title
I | Structured abstract |
2a | Condition, current practice and patients aimed at | intended_use
2b | Intended users, place in the pathway, expected effect | intended_use
II | Objectives | question
III | Protocol, registration, ethics approval | registration
3a | How patients and data were chosen, and how many | cases
3b | How users were chosen, and how many | readers
3c | How users were made familiar with the system | training
4a | System, version, type of algorithm, training population, earlier performance | model
4b | Input data: kind, acquisition, entry, processing, handling of gaps |
4c | Output and how it was shown to users |
5a | Settings of the evaluation | design
5b | Workflow, timing of use, who took the final decision | design
6a | How errors and malfunctions were found |
6b | How risks to patients were found and lessened |
7 | Methods and people of the evaluation of human factors |
IV | Primary and secondary outcomes | outcome
V | Statistical methods, subgroups, missing data | statistics
8 | Method for ethical aims, such as fairness |
VI | How patients were involved |
9a | Patients: baseline characteristics and missing data |
9b | Users: baseline characteristics | readers
10a | How much the system was used, and adherence |
10b | Changes to workflow or pathway |
VII | Results of the outcomes | results
VIII | Subgroup analyses |
11 | Changes to the system or its hardware during the study |
12 | Agreement of users with the system, and what they overrode |
13a | Errors and malfunctions found, with causes and consequences |
13b | Risks and harms seen, with what was done |
14a | Results on usability |
14b | Users' learning curves | learning
15 | Whether results support the intended use |
16 | Safety, and how risks could be lessened |
IX | Strengths and limitations |
17 | Where data and code are | provenance
X | Conflicts of interest, funding | funding
""")

CONSORT_AI = _items("""
1a,b (i) | Title or abstract says that AI is used, and which kind | title
1a,b (ii) | Title or abstract says what the AI is intended for |
2a (i) | Intended use in the pathway, its purpose and users | intended_use
4a (i) | Who could take part, at the level of participants | readers
4a (ii) | What data could enter, at the level of input | cases
4b | How the AI was set up at the sites | design
5 (i) | Version of the algorithm | models
5 (ii) | How input data were acquired and selected | cases
5 (iii) | What happened to input that was poor or absent |
5 (iv) | How people and AI worked together, and the skill needed | training
5 (v) | What the AI puts out |
5 (vi) | What the output did to the decision |
19 | Errors of the AI, how they were found, or why not analysed |
25 | Where and how the AI or its code can be had | provenance
""")

TRIPOD_LLM = _items("""
1 | Title: an LLM is developed, tuned or evaluated; task, population, outcome | title
2a–2l | Abstract: twelve points from context to registration |
3a | Context, use case, reasons, existing approaches | question
3b | Population, intended use in the pathway, users | intended_use
4 | Objectives: development, tuning, validation | question
5a | Sources of data for training, tuning and evaluation, and why | cases
5b | Description of the data and their distributions |
5c | Dates of the oldest and newest texts |
5d | Preprocessing and quality checks |
5e | Missing and imbalanced data | missing
6a | Name, version and last training date of the LLM | models
6b | Architecture, building steps, hyperparameters, inference settings | model
6c | Training, tuning and alignment from input to output | model
6d | First and post-processed output |
6e | Classification: probabilities and thresholds |
6f | Metrics of the quality of generated text |
6g | What the metrics mean for the downstream task |
7a | Outcome, how predictions were made, metrics | outcome
7b | Assessors of subjective outcomes: skill, instructions, agreement |
7c | Comparison with other LLMs, people, benchmarks | results
8a | How text was labelled, with guidance |
8b | How many annotators, and how much was labelled twice |
8c | Annotators' background and agreement |
9a | How prompts were designed and chosen |
9b | Data used to develop prompts |
10 | Preprocessing before summarising |
11 | Instructions, interface and raters of instruction tuning |
12 | Computing needed |
13 | Ethics committee and consent | ethics
14a | Funding and the funders' role | funding
14b | Conflicts of interest |
14c | Where the protocol is | protocol
14d | Registration | registration
14e | Availability of data | provenance
14f | Availability of code | provenance
15 | Involvement of patients and the public |
16a | Flow of texts or participants | flow
16b | Characteristics overall and by source |
16c | Development and evaluation data compared |
16d | Participants and events in each analysis | results
17 | Performance by the metrics set before | results
18 | Results of updating the LLM |
19a | Interpretation, with fairness |
19b | Limitations |
19c | Difficulties of the data in this setting |
19d | Intended use, input, user, level of oversight | intended_use
19e | Poor or absent input in use |
19f | What users must do and be able to do | training
19g | Next steps |
""")

GUIDELINES = {
    "DECIDE-AI": DECIDE_AI,
    "CONSORT-AI (items beside CONSORT)": CONSORT_AI,
    "TRIPOD-LLM": TRIPOD_LLM,
}
