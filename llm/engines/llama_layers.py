"""The forward pass of a Llama, written so that TorchScript can compile it.

Decoding feeds few tokens at a time; run by Python, a third of such a pass is Python. Annotations
are evaluated here (no `__future__` import), because the compiler reads them.
"""

import math
import sys
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from llm.engines.kernels import Kernel


class Places(NamedTuple):
    """Where the tokens of one pass stand.

    `asking` are the rows of (tokens x heads) that the padded attention asks with, `answered` the
    way back, `kept` where keys and values go in the cache, `turns` the rotations of the positions,
    `mask` (rows x key heads, group x width, tokens) what may be seen.
    """

    asking: Tensor
    answered: Tensor
    kept: Tensor
    turns: Tensor
    mask: Tensor


class Shape(NamedTuple):
    """The sizes of a model's attention."""

    heads: int
    key_heads: int
    size: int


def normed(hidden: Tensor, least: Tensor) -> Tensor:
    """RMS norm without its weights and without the root of the number of entries.

    x / sqrt(mean(x²) + e) = sqrt(n) x / sqrt(|x|² + n e), so `least` is sqrt(n e): fewer steps.
    """
    length = torch.linalg.vector_norm(hidden, 2, [-1], True, dtype=torch.float32)
    scaled: Tensor = hidden / length.hypot(least).to(hidden.dtype)
    return scaled


class Layer(nn.Module):
    """One layer: queries, keys and values fused, gate and up fused, norms folded into them."""

    def __init__(self, layer: Any, shape: Shape, least: Tensor, kernel: Kernel) -> None:
        super().__init__()
        self.heads, self.key_heads, self.size = shape
        self.scale = 1 / math.sqrt(self.size)
        self.least = least
        attention, mlp = layer.self_attn, layer.mlp
        root = math.sqrt(attention.q_proj.weight.shape[1])
        queries, keys = (self._interleaved(p.weight) for p in (attention.q_proj, attention.k_proj))
        qkv = torch.cat([queries, keys, attention.v_proj.weight])
        gate_up = torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight])
        self.qkv = kernel(qkv * layer.input_layernorm.weight * root)
        self.out = kernel(attention.o_proj.weight)
        self.gate_up = kernel(gate_up * layer.post_attention_layernorm.weight * root)
        self.down = kernel(mlp.down_proj.weight)

    def _interleaved(self, weight: Tensor) -> Tensor:
        """The two halves of each head one in the other, so that pairs are complex numbers.

        Queries and keys change alike, so their products stay what they were.
        """
        halves = weight.view(-1, 2, self.size // 2, weight.shape[1])
        return halves.transpose(1, 2).reshape(weight.shape)

    def forward(self, hidden: Tensor, store: Tensor, places: Places) -> Tensor:
        """The hidden states (tokens, hidden) behind this layer; keeps keys and values."""
        mixed = self.mixed(self.qkv(normed(hidden, self.least)), store, places)
        hidden = hidden + self.out(mixed)
        gate, up = self.gate_up(normed(hidden, self.least)).chunk(2, -1)
        behind: Tensor = hidden + self.down(functional.silu(gate).mul_(up))
        return behind

    def mixed(self, qkv: Tensor, store: Tensor, places: Places) -> Tensor:
        """What the tokens take from those before them in their rows."""
        tokens = qkv.size(0)
        parts = qkv.view(tokens, -1, self.size)
        turned = parts[:, : self.heads + self.key_heads]
        wide = turned.float()
        torch.view_as_complex(wide.view(tokens, turned.size(1), -1, 2)).mul_(places.turns)
        turned.copy_(wide)
        store.view(-1, self.size).index_put_([places.kept], parts[:, self.heads :])
        kept = store.flatten(1, 2).narrow(2, 0, places.mask.size(2))
        query = qkv.view(-1, self.size).index_select(0, places.asking)
        query = query.view(places.mask.size(0), -1, self.size)
        weights = torch.baddbmm(
            places.mask, query, kept[0].transpose(1, 2), beta=1.0, alpha=self.scale
        )
        told = torch.bmm(weights.softmax(-1), kept[1]).view(-1, self.size)
        return told.index_select(0, places.answered).view(tokens, -1)


class Stack(nn.Module):
    """All layers between the embedding and the head."""

    def __init__(self, model: Any, shape: Shape, embedding: Tensor, kernel: Kernel) -> None:
        super().__init__()
        self.heads, self.key_heads, self.size = shape
        config = model.config
        root = math.sqrt(config.hidden_size)
        self.embedding = embedding
        self.least = torch.tensor(
            root * math.sqrt(config.rms_norm_eps), dtype=torch.float32, device=embedding.device
        )
        self.norm = model.model.norm.weight.detach().to(embedding) * root
        self.layers = nn.ModuleList(
            Layer(layer, shape, self.least, kernel) for layer in model.model.layers
        )
        steps = torch.arange(0, self.size, 2, dtype=torch.float32, device=embedding.device)
        self.frequencies = float(config.rope_parameters["rope_theta"]) ** -(steps / self.size)

    def forward(self, ids: Tensor, lengths: Tensor, widths: Tensor, store: Tensor) -> Tensor:
        """(rows, hidden) behind the last token of each row.

        `ids` are the tokens of all rows, one row behind the other, `widths` how many each row has;
        `lengths` says how many it has in the cache already.
        """
        places = self.places(lengths, widths, store.size(4))
        hidden = functional.embedding(ids, self.embedding)
        for number, layer in enumerate(self.layers):
            hidden = layer(hidden, store[number], places)
        last: Tensor = normed(hidden[widths.cumsum(0) - 1], self.least) * self.norm
        return last

    def places(self, lengths: Tensor, widths: Tensor, capacity: int) -> Places:
        """The places of the tokens of one pass."""
        rows, width, total = len(widths), int(widths.max()), int((lengths + widths).max())
        device, group = lengths.device, self.heads // self.key_heads
        columns = torch.arange(width, device=device)
        grid = lengths[:, None] + columns
        real = columns < widths[:, None]
        positions = grid[real]
        # The causal mask alone: what is padded stands behind all that is real, out of sight.
        unseen = torch.arange(total, device=device) > grid[:, None, None, :, None]
        mask = torch.zeros(unseen.shape, dtype=self.embedding.dtype, device=device)
        mask = mask.masked_fill_(unseen, float("-inf"))
        mask = mask.expand(rows, self.key_heads, group, width, total)
        # Padded places ask with the first token; nobody reads what they are told.
        numbers = torch.zeros(rows, width, dtype=torch.long, device=device)
        numbers[real] = torch.arange(len(positions), device=device)
        heads = torch.arange(self.heads, device=device).view(1, self.key_heads, group, 1)
        asking = numbers[:, None, None] * (self.heads + 2 * self.key_heads) + heads
        back = torch.arange(asking.numel(), device=device).view(asking.shape)
        both = torch.arange(2, device=device)[:, None] * (rows * self.key_heads)
        slots = both + torch.arange(self.key_heads, device=device)
        row = torch.arange(rows, device=device)[:, None].expand(rows, width)[real]
        kept = (row[:, None, None] * self.key_heads + slots) * capacity + positions[:, None, None]
        angles = positions[:, None, None] * self.frequencies
        return Places(
            asking.flatten(),
            back.permute(0, 3, 1, 2)[real].flatten(),
            kept.flatten(1),
            torch.polar(torch.ones_like(angles), angles),
            mask.reshape(rows * self.key_heads, group * width, total),
        )


def compiled(stack: Stack) -> Any:
    """The stack as TorchScript; as it is where TorchScript does not support the Python."""
    stack.eval().requires_grad_(False)
    if sys.version_info >= (3, 14):
        return stack
    return torch.jit.freeze(torch.jit.script(stack))
