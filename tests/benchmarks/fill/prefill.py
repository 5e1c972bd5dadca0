"""What a padding mask costs when prompts are read: time and memory of one pass over a batch.

    python -m tests.benchmarks.fill.prefill [--rows 16]

The same prompts, right-padded: with attention mask and all logits, as `transformers` does by
itself; without a mask, the hidden state of the last real position gathered; and our pass, which
holds no padding. Each in a process of its own; the memory is what the passes added to its peak.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from llm.base_model import ensure_base_model
from llm.engines.transformers import llama_of, merged_model
from llm.fill import tasks_of
from llm.tokens import prompt_ids
from tests.benchmarks.fill.conclusions import ADAPTER, ROOT, pairs_of, requests_of

VARIANTS = ("mask", "no mask", "packed fp32", "packed, kernel of the machine")
ROUNDS = 7


def passes(variant: str, prompts: Sequence[list[int]]) -> Callable[[], Tensor]:
    """One pass over the prompts that gives the logits behind each."""
    model = merged_model(ensure_base_model(), ADAPTER)
    if variant.startswith("packed"):
        llama = llama_of(model, "fp32" if variant.endswith("fp32") else None)
        longest = max(map(len, prompts))

        def packed() -> Tensor:
            hidden = llama.forward(prompts, llama.cache(len(prompts), longest))
            return hidden @ llama.head.T

        return packed
    ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(p) for p in prompts], batch_first=True)
    ends = torch.tensor([len(prompt) for prompt in prompts])
    rows, mask = torch.arange(len(prompts)), torch.arange(ids.shape[1]) < ends[:, None]

    def masked() -> Tensor:
        logits: Tensor = model(ids, attention_mask=mask.long()).logits
        return logits[rows, ends - 1]

    def causal() -> Tensor:
        hidden = model.model(ids).last_hidden_state[rows, ends - 1]
        logits: Tensor = model.lm_head(hidden)
        return logits

    return masked if variant == "mask" else causal


@torch.inference_mode()
def measure(variant: str, count: int) -> dict[str, float]:
    """Milliseconds of the fastest pass, MB added, and how far the logits are from one by one."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(ensure_base_model())
    tasks = [task for request in requests_of(pairs_of(count, 77)) for task in tasks_of(request)]
    prompts = [prompt_ids(tokenizer, task.prompt) for task in tasks[:count]]
    run = passes(variant, prompts)
    # The peak so far is that of loading; Linux forgets it on this word.
    Path("/proc/self/clear_refs").write_text("5")
    before, times = memory_mb("VmRSS"), []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        logits = run()
        times.append(time.perf_counter() - began)
    added = memory_mb("VmHWM") - before
    model = merged_model(ensure_base_model(), ADAPTER)
    alone = torch.stack([model(torch.tensor([prompt])).logits[0, -1] for prompt in prompts])
    return {
        "tokens": sum(map(len, prompts)),
        "padded": len(prompts) * max(map(len, prompts)),
        "ms": min(times) * 1000,
        "added_mb": added,
        "difference": (logits - alone).abs().max().item(),
    }


def memory_mb(name: str) -> float:
    """The memory of this process now (VmRSS) or at its highest (VmHWM)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def main() -> int:
    """Print a line for each variant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--variant", choices=VARIANTS)
    options = parser.parse_args()
    if options.variant:
        sys.stdout.write(json.dumps(measure(options.variant, options.rows)) + "\n")
        return 0
    for variant in VARIANTS:
        command = [sys.executable, "-m", "tests.benchmarks.fill.prefill", "--variant", variant]
        child = subprocess.run(
            [*command, "--rows", str(options.rows)],
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        found = json.loads(child.stdout)
        sys.stdout.write(
            f"{variant:32}{found['tokens']:.0f} tokens ({found['padded']:.0f} padded) "
            f"{found['ms']:.0f} ms, +{found['added_mb']:.0f} MB, "
            f"logits within {found['difference']:.1e} of one by one\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
