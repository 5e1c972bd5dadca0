"""Writes pairs as JSONL shards with a manifest, in several processes and constant memory.

A pair depends on its number alone. Processes make blocks of pairs, which are written in order: the
bytes are the same for any number of processes.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import multiprocessing
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from llm.schema import ReportTemplate
from llm.synth.difficulty import DIFFICULTIES
from llm.synth.pairs import Generator
from llm.synth.splits import Part

# A shard is a whole number of blocks.
BLOCK_PAIRS = 250
SHARD_PAIRS = 5_000
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
# Blocks that may be under way or wait to be written, for each process.
_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be written; `difficulty` is a name of DIFFICULTIES."""

    templates: tuple[ReportTemplate, ...]
    seed: int
    part: Part
    count: int
    difficulty: str = "mixed"

    def generator(self) -> Generator:
        """The generator of its pairs."""
        return Generator(self.templates, self.seed, self.part, DIFFICULTIES[self.difficulty])


@dataclass(slots=True)
class Tally:
    """Counts by template, and by (template, tag) and (template, reason of a rejected draw)."""

    pairs: Counter[str] = field(default_factory=Counter)
    clauses: Counter[str] = field(default_factory=Counter)
    tags: Counter[tuple[str, str]] = field(default_factory=Counter)
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Adds the counts of another tally."""
        self.pairs.update(other.pairs)
        self.clauses.update(other.clauses)
        self.tags.update(other.tags)
        self.rejected.update(other.rejected)


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of some pairs, with their counts."""

    lines: bytes
    tally: Tally


def write_shards(
    job: Job, out: Path, *, processes: int, on_pairs: Callable[[int], object] | None = None
) -> dict[str, object]:
    """Writes `<split>-00000.jsonl` … and `manifest-<split>.json`; returns the manifest.

    Shards and manifest of an earlier run of the same split in `out` are removed first; the manifest
    is written last, so a directory with one is complete. `on_pairs` hears of pairs written. Raises
    OSError, RuntimeError where a template cannot be written, BrokenProcessPool where a process
    dies.
    """
    out.mkdir(parents=True, exist_ok=True)
    manifest_path = out / f"manifest-{job.part}.json"
    for path in (manifest_path, *out.glob(f"{job.part}-[0-9]*.jsonl")):
        path.unlink(missing_ok=True)
    tally, whole, shards = Tally(), hashlib.sha256(), []
    stream = _blocks(job, processes)
    for number in itertools.count():
        some = itertools.islice(stream, SHARD_PAIRS // BLOCK_PAIRS)
        if (first := next(some, None)) is None:
            break
        name, digest, pairs = f"{job.part}-{number:05}.jsonl", hashlib.sha256(), 0
        with (out / name).open("wb") as file:
            for block in itertools.chain([first], some):
                file.write(block.lines)
                digest.update(block.lines)
                whole.update(block.lines)
                tally.add(block.tally)
                pairs += block.tally.pairs.total()
                if on_pairs is not None:
                    on_pairs(block.tally.pairs.total())
        shards.append({"file": name, "pairs": pairs, "sha256": digest.hexdigest()})
    manifest = {**_manifest(job, tally), "sha256": whole.hexdigest(), "shards": shards}
    manifest_path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


def _manifest(job: Job, tally: Tally) -> dict[str, object]:
    return {
        "split": job.part,
        "seed": job.seed,
        "difficulty": job.difficulty,
        "generator": generator_hash(),
        "pairs": tally.pairs.total(),
        "clauses": tally.clauses.total(),
        "tags": _sums(tally.tags),
        "rejected": _sums(tally.rejected),
        "templates": {
            template.key: {
                "content_hash": template.content_hash,
                "pairs": tally.pairs[template.key],
                "clauses": tally.clauses[template.key],
                "tags": _sums(tally.tags, template.key),
                "rejected": _sums(tally.rejected, template.key),
            }
            for template in job.templates
        },
    }


def _sums(counts: Counter[tuple[str, str]], template: str | None = None) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for (key, name), count in counts.items():
        if template in (None, key):
            sums[name] += count
    return dict(sorted(sums.items()))


def generator_hash() -> str:
    """SHA-256 of the sources of this package: what the same seed's bytes hold for."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _blocks(job: Job, processes: int) -> Iterator[Block]:
    """The blocks in order."""
    starts = range(0, job.count, BLOCK_PAIRS)
    if min(processes, len(starts)) < 2:
        generator = job.generator()
        yield from (_block(generator, job, start) for start in starts)
        return
    # A fresh interpreter for each process: a fork would copy the threads of whoever calls.
    pool = ProcessPoolExecutor(
        min(processes, len(starts)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(job,),
    )
    waiting: deque[Future[Block]] = deque()
    try:
        for start in starts:
            waiting.append(pool.submit(_block_of_this_process, start))
            if len(waiting) >= _AHEAD * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


_mine: tuple[Generator, Job] | None = None


def _start(job: Job) -> None:
    global _mine
    _mine = (job.generator(), job)


def _block_of_this_process(start: int) -> Block:
    if _mine is None:
        raise RuntimeError("the process was not started with a job")
    return _block(*_mine, start)


def _block(generator: Generator, job: Job, start: int) -> Block:
    tally, lines = Tally(), []
    generator.rejected.clear()
    for pair in generator.pairs(min(BLOCK_PAIRS, job.count - start), start=start):
        lines.append(_JSON.encode(pair).encode() + b"\n")
        key = pair["template"]
        tally.pairs[key] += 1
        tally.clauses[key] += len(pair["clauses"])
        tally.tags.update((key, tag) for tag in pair["tags"])
    tally.rejected.update(generator.rejected)
    return Block(b"".join(lines), tally)
