"""The merged weights as a GGUF file in Q8_0, which llama.cpp and OpenVINO read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf.quants import quantize

from llm.base_model import find_gguf
from llm.engines.transformers import merged_model

_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}
# The writer adds these itself.
_OWN_FIELDS = ("GGUF.", "general.architecture", "general.file_type", "general.quantization_version")


def write_merged_gguf(base_model_dir: Path, adapter_dir: Path, target: Path) -> None:
    """Writes base and adapter as one file, with the tokenizer of the base model's own file."""
    model = merged_model(base_model_dir, adapter_dir)
    weights = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}
    source = gguf.GGUFReader(find_gguf())
    writer = gguf.GGUFWriter(target, "llama")
    for field in source.fields.values():
        if not field.name.startswith(_OWN_FIELDS):
            inner = field.types[-1] if len(field.types) > 1 else None
            writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=inner)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    for tensor in source.tensors:
        values = _weight(weights, tensor.name, model.config)
        kind = gguf.GGMLQuantizationType.F32 if values.ndim == 1 else _Q8_0
        writer.add_tensor(tensor.name, quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


_Q8_0 = gguf.GGMLQuantizationType.Q8_0


def _weight(weights: dict[str, np.ndarray[Any, Any]], name: str, config: Any) -> Any:
    kind = name.removesuffix(".weight")
    if kind in _OUTSIDE:
        return weights[f"{_OUTSIDE[kind]}.weight"]
    layer, part = re.fullmatch(r"blk\.(\d+)\.(\w+)", kind).groups()  # type: ignore[union-attr]
    values = weights[f"model.layers.{layer}.{_NAMES[part]}.weight"]
    if part in ("attn_q", "attn_k"):
        # GGUF has the two numbers of a rotation side by side, transformers half a head apart.
        heads = config.num_attention_heads if part == "attn_q" else config.num_key_value_heads
        halves = values.reshape(heads, 2, -1, values.shape[1])
        values = halves.swapaxes(1, 2).reshape(values.shape)
    return np.ascontiguousarray(values)
