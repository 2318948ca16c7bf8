"""Cases of models that embed texts."""

import pathlib

import torch
import torch.nn.functional as functional

from case import Case, Tensor
from decoders import GELU, byte_pair, config as decoder_config
from experts import stored
from oracle import TOKENS, packed, pooled

WORD_PIECE = {
    "tokenizer.json": "tokenizers/word-piece.json",
    "tokenizer_config.json": {
        **{"cls_token": "[CLS]", "mask_token": "[MASK]", "pad_token": "[PAD]", "sep_token": "[SEP]", "unk_token": "[UNK]"},
        **{"do_lower_case": True, "model_max_length": 512, "tokenizer_class": "BertTokenizer"},
    },
}


def sentence_files(pooling: str) -> dict:
    """As sentence-transformers saves them."""
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
    ]
    modes = {"mean": "pooling_mode_mean_tokens", "cls": "pooling_mode_cls_token", "last": "pooling_mode_lasttoken"}
    settings = {"word_embedding_dimension": 64, **{name: mode == pooling for mode, name in modes.items()}}
    return {"modules.json": modules, "1_Pooling/config.json": settings}


def bert() -> list[Case]:
    config = {
        "architectures": ["BertModel"], "model_type": "bert", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 384,
        "max_position_embeddings": 128, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu", "pad_token_id": 0, "position_embedding_type": "absolute",
        "torch_dtype": "float32", "gradient_checkpointing": False, "initializer_range": 0.02,
    }
    masked = {"architectures": ["BertForMaskedLM"], "torch_dtype": "bfloat16", "hidden_act": "gelu_new"}
    positions: Tensor = ("embeddings.position_ids", "I64", [1, 128])
    return [
        Case("bert", config, {**WORD_PIECE, **sentence_files("mean")}, pre="bert-bge", dtype="F32", change=lambda tensors: [*tensors, positions], oracle="mean", as_engine=GELU),
        Case("bert-cls", {**config, "torch_dtype": "float16"}, {**WORD_PIECE, **sentence_files("cls")}, pre="bert-bge", dtype="F16", oracle="cls", as_engine=GELU),
        # As it was trained: the part that guesses words becomes no part of the model.
        Case("bert-masked", {**config, **masked}, {**WORD_PIECE, **sentence_files("mean")}, pre="bert-bge", change=with_guesses, oracle="mean", as_engine=GELU),
    ]


def with_guesses(tensors: list[Tensor]) -> list[Tensor]:
    guesses: list[Tensor] = [
        ("cls.predictions.bias", "BF16", [384]),
        ("cls.predictions.transform.LayerNorm.beta", "BF16", [64]),
        ("cls.predictions.transform.dense.weight", "BF16", [64, 64]),
        ("cls.seq_relationship.weight", "BF16", [2, 64]),
    ]
    return [*((f"bert.{name}", dtype, shape) for name, dtype, shape in tensors if not name.startswith("pooler")), *guesses]


def last_token() -> list[Case]:
    """A model that was made to generate, and later to embed texts."""
    config = decoder_config("qwen2", "Qwen2Model", bos_token_id=360, eos_token_id=362, use_sliding_window=False)
    return [Case("qwen2-bare", config, {**byte_pair("qwen2"), **sentence_files("last")}, pre="qwen2", oracle="last")]


def nomic() -> list[Case]:
    """transformers has no class for this one: its code comes with the model."""
    config = {
        "architectures": ["NomicBertModel"], "model_type": "nomic_bert", "activation_function": "swiglu", "causal": False, "n_embd": 64, "n_head": 4, "n_inner": 96, "n_layer": 2,
        "n_positions": 8192, "max_trained_positions": 2048, "vocab_size": 384, "type_vocab_size": 2, "layer_norm_epsilon": 1e-12, "prenorm": False, "qkv_proj_bias": False,
        "mlp_fc1_bias": False, "mlp_fc2_bias": False, "rotary_emb_base": 1000, "rotary_emb_fraction": 1.0, "rotary_emb_interleaved": False, "rotary_emb_scale_base": None,
        "rotary_scaling_factor": None, "use_rms_norm": False, "pad_vocab_size_multiple": 64, "torch_dtype": "float32", "scale_attn_weights": True,
    }
    tensors: list[Tensor] = [
        ("embeddings.token_type_embeddings.weight", "F32", [2, 64]),
        ("embeddings.word_embeddings.weight", "F32", [384, 64]),
        ("emb_ln.bias", "F32", [64]),
        ("emb_ln.weight", "F32", [64]),
    ]
    for layer in range(2):
        shapes = {
            "attn.Wqkv.weight": [192, 64], "attn.out_proj.weight": [64, 64], "mlp.fc11.weight": [96, 64], "mlp.fc12.weight": [96, 64], "mlp.fc2.weight": [64, 96],
            "norm1.bias": [64], "norm1.weight": [64], "norm2.bias": [64], "norm2.weight": [64],
        }
        tensors.extend((f"encoder.layers.{layer}.{name}", "F32", shape) for name, shape in shapes.items())
    return [
        Case("nomic-bert", config, {**WORD_PIECE, **sentence_files("mean")}, pre="bert-bge", tensors=sorted(tensors), oracle="mean", oracle_weights=nomic_vector),
    ]


def nomic_vector(folder: pathlib.Path) -> dict:
    weights = stored(folder)
    heads, size, base = 4, 64, 1000.0
    head = size // heads

    def norm(states: torch.Tensor, name: str) -> torch.Tensor:
        return functional.layer_norm(states, (size,), weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-12)

    angles = torch.outer(torch.arange(len(TOKENS)).float(), base ** -(torch.arange(0, head, 2).float() / head))
    cosine, sine = (function(angles).repeat(1, 2) for function in (torch.cos, torch.sin))

    def rotated(states: torch.Tensor) -> torch.Tensor:
        first, second = states.chunk(2, dim=-1)
        return states * cosine + torch.cat([-second, first], dim=-1) * sine

    states = weights["embeddings.word_embeddings.weight"][TOKENS] + weights["embeddings.token_type_embeddings.weight"][0]
    states = norm(states, "emb_ln")
    for layer in range(2):
        name = f"encoder.layers.{layer}"
        parts = (states @ weights[f"{name}.attn.Wqkv.weight"].T).view(-1, 3, heads, head).permute(1, 2, 0, 3)
        query, key, value = rotated(parts[0]), rotated(parts[1]), parts[2]
        attention = torch.softmax(query @ key.transpose(-1, -2) / head**0.5, dim=-1) @ value
        attention = attention.transpose(0, 1).reshape(-1, size) @ weights[f"{name}.attn.out_proj.weight"].T
        states = norm(states + attention, f"{name}.norm1")
        up, gate = (states @ weights[f"{name}.mlp.{part}.weight"].T for part in ("fc11", "fc12"))
        states = norm(states + (up * functional.silu(gate)) @ weights[f"{name}.mlp.fc2.weight"].T, f"{name}.norm2")
    return {"tokens": TOKENS, "pooled": packed(pooled(states, "mean"))}
