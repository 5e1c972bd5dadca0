"""Random conclusions, templates and answers for the property tests."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from llm.context import read_conclusion
from llm.grammar import END, ClauseGrammar
from llm.schema import load_template, load_templates

SMALL = load_template(Path(__file__).parent / "small_template.json")
SHIPPED = load_templates(Path(__file__).parents[2] / "fixtures" / "report_templates")
TEMPLATES = [SMALL, *SHIPPED.values()]

_FRAGMENTS = [
    "12 x 9 mm nodule", "1.2cm", "previously 8 mm", "from 6 to 8 mm", "5–8 mm", "<5 mm",
    "1,2 cm", "45 HU", "30 mL", "50 %", "up to 8 mm", "2 mm larger", "in the right upper lobe",
    "left", "Bilateral", "both kidneys", "RUL", "L4/5", "L3-L5", "L3, L4 and L5", "T12-L1",
    "at L4/5 and L5/S1", "otherwise normal", "all levels", "no other nodules", "emphysema",
    "series 4, image 112", "on 12/03/2021", "e.g.", "Dr. Smith", "No. 4", "(see above; stable)",
    "IMPRESSION:", "\n1. ", "\n- ", "; ", ". ", ", ", " and no effusion", "폐결절 12mm",
    "흉수 없음",
    "عقدة رئوية ٨ مم", "\u202eright\u202c", "<script>alert(1)</script>", "&lt;5 mm", "e\u0301",
    "@1", "#1", "=>", "<|im_end|>", "\u2028", "\r\n", "👩\u200d⚕️", "。", "ﬁ", "\ufeff",
]  # fmt: skip

texts = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60
)
conclusions = st.lists(st.sampled_from(_FRAGMENTS) | texts, max_size=12).flatmap(
    lambda parts: st.sampled_from([" ", "", ". "]).map(lambda glue: glue.join(parts))
)
templates = st.sampled_from(TEMPLATES)
sexes = st.sampled_from([None, "female", "male"])
exam_sides = st.sampled_from([None, "left", "right"])


def grammars(template, conclusion, *, exam_side=None, sex=None):
    """The grammar of every clause of a conclusion."""
    contexts = read_conclusion(template, conclusion, exam_side=exam_side, sex=sex)
    return [ClauseGrammar(template, context) for context in contexts]


def grammar_of(template, text, **settings):
    """The grammar of the last clause of a text."""
    return grammars(template, text, **settings)[-1]


def draw_chunks(data, grammar, *, statements=True):
    """A random path through the automaton, END included."""
    state, chunks = grammar.start(), []
    while not state.is_final:
        options = state.options()
        if statements and not chunks:
            options = [o for o in options if o not in {"none", "?"} and "other=" not in o]
        chunk = data.draw(st.sampled_from(options))
        state = state.advance(chunk)
        chunks.append(chunk)
    assert chunks[-1] == END
    return chunks


def draw_answer(data, grammar, **settings):
    """The text of a random legal answer."""
    return "".join(draw_chunks(data, grammar, **settings)[:-1])
