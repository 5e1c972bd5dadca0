"""Synthetic conclusions with the answers of their clauses, made from a template's own wording.

Read from the top: each module uses those below it.

| module | what it does |
|---|---|
| `cli`, `shards` | the command; shards and manifest, in several processes |
| `pairs` | one pair from its number: drawn, labelled, checked, or thrown away and drawn again |
| `labels` | gives every clause of the written text its answer |
| `conclusions` | plans: how many findings, what beside them, in which order and style |
| `pages`, `slices` | writes down: layout, capitals, slips; the tags to score by |
| `contradictions` | a second clause that excludes what a first one says |
| `sentences` | findings in one sentence or behind each other, interpreted, with a tail |
| `around` | all but new findings: denied, normal, unclear, other findings, advice |
| `together`, `following` | what often comes with a finding; clauses that go on about it |
| `findings`, `members` | a finding of a field or of a row of a group; the words of its members |
| `shared_nouns` | several things said with one noun |
| `rows` | the row of a finding: a new lesion, a side, levels |
| `results` | scores and volumes that agree with their parts |
| `sampler` | what all draws of one conclusion share; frames, hedges, comparisons |
| `drafts` | words and what they say, without offsets |
| `catalog`, `splits`, `difficulty` | what a template offers; what is held out; shares of draws |
| `numbers` | quantities, dates and levels in writing |
| `wording`, `asides` | the English around findings, and beside them |

A draw that cannot be made raises `NothingLeft`; one whose truth cannot be told raises `Rejected`.
The order of random draws is part of the data: a seed's pairs change with it.
"""
