"""A random Llama of 25,000 weights with a tokenizer of bytes: trains in a second, for tests."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from llm.sft.attention import NAME
from llm.sft.recipe import RECIPES, Recipe, load_recipe

CONFIG = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "tie_word_embeddings": True,
}
SETTINGS = ("rank=4", "alpha=8", "tokens_per_step=512", "tokens_per_pass=512", "patience=0")


def tiny_model(
    vocabulary: int = 260, *, attention: str = NAME, **config: object
) -> LlamaForCausalLM:
    """The same random weights each time."""
    torch.manual_seed(1)
    settings = {**CONFIG, "vocab_size": vocabulary, "attn_implementation": attention, **config}
    return LlamaForCausalLM(LlamaConfig(**settings))


def tiny_recipe(*changes: str) -> Recipe:
    """The shipped recipe, made small."""
    path = str(RECIPES / "smollm2-135m-r16" / "config.yaml")
    return load_recipe(path, [*SETTINGS, *changes])


def save_tiny(directory: Path) -> Path:
    """Model and tokenizer as `from_pretrained` reads them; the end of a text is token 256."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate(letters)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")
    fast.save_pretrained(directory)
    tiny_model(len(fast)).save_pretrained(directory)
    return directory
