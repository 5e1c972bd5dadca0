"""Seconds from posting a conclusion to the last field on the page, through the running app.

    python -m tests.benchmarks.fill.bench

Starts the embedded stack with the shipped adapter, posts 50 held-out synthetic conclusions one
after the other and polls as the page does. Beside it, in one process: our decoder against
`transformers.generate` (greedy, free, no grammar) on the same clauses, as a ratio.
"""

from __future__ import annotations

import re
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch

from llm.engines.transformers import TransformersEngine, load
from llm.fill import fill_one, tasks_of
from llm.schema import load_templates
from llm.synth.pairs import Generator, Pair
from llm.types import FillRequest
from tests.embedded.running import BASE_MODEL, ROOT, Reader, running, wait

COUNT = 50
DESCRIPTIONS = {
    "ct_chest": "CT chest",
    "ct_abdomen_pelvis": "CT abdomen",
    "mri_lumbar_spine": "MRI lumbar",
}
TEMPLATES = load_templates(ROOT / "fixtures" / "report_templates")


def conclusions() -> list[Pair]:
    """Held-out synthetic conclusions of all templates."""
    return list(Generator(list(TEMPLATES.values()), 77, "test").pairs(COUNT))


def through_the_app(pairs: list[Pair]) -> list[float]:
    """Seconds from post to the answer that holds the last field."""
    place = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        with running(place / "data") as up:
            ready = "SELECT 1 FROM reporting_fillworker WHERE is_ready"
            wait(lambda: up.ask(ready), "the model is loaded", seconds=120)
            reader = Reader(up).sign_in()
            return [one_fill(reader, pair) for pair in pairs]
    finally:
        shutil.rmtree(place, ignore_errors=True)


def one_fill(reader: Reader, pair: Pair) -> float:
    """Open an exam, post the conclusion, poll every 200 ms for 3 s and then every second."""
    report = reader.open_exam(DESCRIPTIONS[pair["template"]], "sft")
    began = time.perf_counter()
    _, body, _ = reader.request(
        f"/reports/{report}/fill/", {"text": pair["conclusion"], "version": 0}
    )
    while (poll := re.search(r'hx-get="(/fills/[^"]+)"', body)) is not None:
        time.sleep(0.2 if time.perf_counter() - began < 3 else 1.0)
        _, body, _ = reader.request(f"{poll[1]}?polls=1&seen=")
    assert "filled" in body or "nothing to fill" in body, body[:500]
    return time.perf_counter() - began


def decoders(pairs: list[Pair]) -> tuple[float, float]:
    """Seconds for the same conclusions: our decoder, and transformers' own generate."""
    engine = load(base_model_dir=BASE_MODEL, adapter_dir=ROOT / "fixtures" / "adapter")
    requests = [
        FillRequest(p["id"], TEMPLATES[p["template"]], p["conclusion"], sex=p["sex"]) for p in pairs
    ]
    fill_one(requests[0], engine)
    began = time.perf_counter()
    for request in requests:
        fill_one(request, engine)
    return time.perf_counter() - began, generated(engine, requests)


def generated(engine: TransformersEngine, requests: list[FillRequest]) -> float:
    """The clauses of each conclusion as one left-padded batch, merged weights, bf16."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(BASE_MODEL, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, str(ROOT / "fixtures" / "adapter"))
    merged = model.merge_and_unload().to(engine.llama.dtype)
    tokenizer = AutoTokenizer.from_pretrained(BASE_MODEL, padding_side="left")
    tokenizer.pad_token = tokenizer.eos_token
    began = time.perf_counter()
    for request in requests:
        prompts = [task.prompt for task in tasks_of(request)]
        batch = tokenizer(prompts, return_tensors="pt", padding=True)
        merged.generate(
            **batch,
            max_new_tokens=64,
            do_sample=False,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.eos_token_id,
        )
    return time.perf_counter() - began


def main() -> int:
    """Print the figures."""
    pairs = conclusions()
    times = sorted(through_the_app(pairs))
    p50, p95 = statistics.median(times), times[int(len(times) * 0.95)]
    clauses = statistics.mean(len(pair["clauses"]) for pair in pairs)
    out = sys.stdout.write
    out(f"through the app, {len(times)} conclusions of {clauses:.1f} clauses on average:\n")
    out(f"  p50 {p50:.2f} s   p95 {p95:.2f} s   longest {times[-1]:.2f} s\n")
    ours, theirs = decoders(pairs)
    out(f"decoder alone: ours {ours:.1f} s, transformers.generate {theirs:.1f} s,")
    out(f" ratio {theirs / ours:.1f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
