"""The one prompt: training and filling both call `render`.

CT chest|-
<the clause before, quantities as @, levels as #>
<the clause, quantities as @1 @2, levels as #1 #2>
=>
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from llm.context import ClauseContext, read_text
from llm.types import LevelMention, Quantity

# Longer clauses lose their middle; the model never saw one as long as this.
MAX_CLAUSE_CHARACTERS = 400

_SPACES = re.compile(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]")
_CUT_MARK = " … "


@dataclass(frozen=True, slots=True)
class PromptInput:
    """The marked texts of one prompt; `exam_side` None is written as "-"."""

    prompt_name: str
    exam_side: str | None
    previous: str
    clause: str


def render(prompt: PromptInput) -> str:
    """The exact text the model reads; the answer follows directly behind it."""
    return (
        f"{prompt.prompt_name}|{prompt.exam_side or '-'}\n"
        f"{shortened(prompt.previous)}\n{shortened(prompt.clause)}\n=>"
    )


def prompt_for(prompt_name: str, context: ClauseContext) -> str:
    """The rendered prompt of a clause in its context."""
    previous = marked(context.previous, numbered=False) if context.previous else ""
    return render(
        PromptInput(prompt_name, context.exam_side, previous, marked(context, numbered=True))
    )


def marked(context: ClauseContext, *, numbered: bool) -> str:
    """The clause text on one line, with quantities as `@n` and level mentions as `#n`."""
    offset = context.clause.span.start
    mark = _numbered if numbered else _bare
    items: list[Quantity | LevelMention] = [*context.quantities, *context.levels]
    spans = [(item.span.start - offset, item.span.end - offset, mark(item)) for item in items]
    text, cursor, parts = context.clause.text, 0, []
    for start, end, replacement in sorted(spans):
        parts += [_plain(text[cursor:start]), replacement]
        cursor = end
    return "".join([*parts, _plain(text[cursor:])])


def _numbered(item: Quantity | LevelMention) -> str:
    return f"{_bare(item)}{item.id}"


def _bare(item: Quantity | LevelMention) -> str:
    return "@" if isinstance(item, Quantity) else "#"


def _plain(text: str) -> str:
    """Text that cannot pass for a mark or for a special token of a tokenizer."""
    text = _SPACES.sub(" ", text).replace("@", " ").replace("#", " ")
    return text.replace("<|", "< |").replace("|>", "| >")


def shortened(text: str) -> str:
    """At most MAX_CLAUSE_CHARACTERS: the start and the end stay, no mark is cut in two."""
    if len(text) <= MAX_CLAUSE_CHARACTERS:
        return text
    half = (MAX_CLAUSE_CHARACTERS - len(_CUT_MARK)) // 2
    head, tail = text[:half], text[-half:]
    head = re.sub(r"[@#][0-9]*$", "", head)
    tail = re.sub(r"^[0-9]+", "", tail)
    return f"{head}{_CUT_MARK}{tail}"


def prompt_hash() -> str:
    """Changes whenever the prompt of a fixed sample changes, in its form or in its marks."""
    contexts = read_text(_SAMPLE, mark_levels=True)
    prompts = [prompt_for("sample", context) for context in contexts]
    return hashlib.sha256("\n\n".join(prompts).encode()).hexdigest()


_SAMPLE = (
    "IMPRESSION:\n1. New 1.2 x 0.9 cm nodule in the right upper lobe (series 4, image 112), "
    "previously 8 mm; no effusion and no pneumothorax.\n2. Disc bulges at L3/4 and L4-5, 5–8 mm."
)
