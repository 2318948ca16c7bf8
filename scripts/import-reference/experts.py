"""Cases with experts of their own kind, and with weights of few bits."""

import math
import pathlib

import torch

from case import Case, Tensor
from decoders import LLAMA_3_ROPE, YARN, byte_pair, config, sentence_piece

# What the 16 patterns of an MXFP4 value stand for (Open Compute's specification of microscaling formats).
FOUR_BITS = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6]


def gpt_oss() -> list[Case]:
    settings = dict(
        bos_token_id=360, eos_token_id=362, pad_token_id=361, attention_bias=True, head_dim=32, num_local_experts=4, experts_per_token=2, num_experts_per_tok=2,
        hidden_act="silu", swiglu_limit=7.0, sliding_window=8, layer_types=["sliding_attention", "full_attention"], rope_theta=150000.0, rms_norm_eps=1e-5,
        rope_scaling={"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": False},
        initial_context_length=64,
    )
    name = ("gpt_oss", "GptOssForCausalLM")
    template = {"chat_template.jinja": "{%- for message in messages %}<|start|>{{ message.role }}<|message|>{{ message.content }}<|end|>{%- endfor %}"}
    quantized = {"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"]}
    files = {**byte_pair("gpt-oss"), **template}
    whole = "yarn with whole bounds"
    return [
        Case("gpt-oss", config(*name, **settings), files, pre="gpt-4o", as_engine=whole),
        Case("gpt-oss-mxfp4", config(*name, **settings, quantization_config=quantized), files, pre="gpt-4o", change=four_bits, oracle_weights=from_four_bits,
             as_engine=f"{whole}, activations of 8 bits"),
    ]


def four_bits(tensors: list[Tensor]) -> list[Tensor]:
    """Experts as gpt-oss is published: blocks of 32 values along the input, two values a byte, and an exponent for each block."""
    changed: list[Tensor] = []
    for name, dtype, shape in tensors:
        if not name.endswith(("experts.gate_up_proj", "experts.down_proj")):
            changed.append((name, dtype, shape))
            continue
        count, inputs, outputs = shape
        changed.append((f"{name}_blocks", "U8", [count, outputs, inputs // 32, 16]))
        changed.append((f"{name}_scales", "U8", [count, outputs, inputs // 32]))
    return changed


def stored(folder: pathlib.Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def from_four_bits(folder: pathlib.Path) -> dict[str, torch.Tensor]:
    weights = stored(folder)
    values = torch.tensor(FOUR_BITS)
    result = {name: tensor.float() for name, tensor in weights.items() if not name.endswith(("_blocks", "_scales"))}
    for name in [each.removesuffix("_blocks") for each in weights if each.endswith("_blocks")]:
        blocks, scales = weights[f"{name}_blocks"].long(), weights[f"{name}_scales"].float()
        pairs = torch.stack([values[blocks & 15], values[blocks >> 4]], dim=-1).flatten(-2)
        rows = (pairs * torch.exp2(scales - 127).unsqueeze(-1)).flatten(-2)
        result[name] = rows.transpose(1, 2).contiguous()
    return result


def deepseek() -> list[Case]:
    settings = dict(
        bos_token_id=360, eos_token_id=361, num_key_value_heads=4, n_routed_experts=8, num_experts_per_tok=3, n_shared_experts=1, moe_intermediate_size=32,
        first_k_dense_replace=1, q_lora_rank=24, kv_lora_rank=32, qk_rope_head_dim=16, qk_nope_head_dim=16, v_head_dim=16, attention_bias=False,
        # The norms of the latent vectors have this one in transformers, whatever the config says; the engine takes the config's.
        rms_norm_eps=1e-6,
    )
    files = byte_pair("deepseek-v3")
    yarn = {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, "beta_fast": 32, "beta_slow": 1, "mscale": 1.0, "mscale_all_dim": 1.0}
    second = dict(topk_method="greedy", scoring_func="softmax", norm_topk_prob=False, n_group=1, topk_group=1, routed_scaling_factor=1.0)
    third = dict(topk_method="noaux_tc", scoring_func="sigmoid", norm_topk_prob=True, n_group=2, topk_group=1, routed_scaling_factor=2.5)
    return [
        Case("deepseek-v2", config("deepseek_v2", "DeepseekV2ForCausalLM", **settings, **second), files, pre="deepseek-v3"),
        # The engine takes a model without latent queries for this kind only if it has the layers of a published one, 26 at least.
        Case(
            "deepseek-v2-lite",
            config("deepseek_v2", "DeepseekV2ForCausalLM", **{**settings, "q_lora_rank": None}, **second),
            files,
            pre="deepseek-v3",
            oracle=None,
        ),
        Case("deepseek-v3", config("deepseek_v3", "DeepseekV3ForCausalLM", **settings, **third), files, pre="deepseek-v3", dtypes={"e_score_correction_bias": "F32"}),
        # As transformers saves it, whose class knows no "scoring_func". The converter then leaves the engine to assume another function.
        Case(
            "deepseek-v3-saved",
            config("deepseek_v3", "DeepseekV3ForCausalLM", **settings, **{key: value for key, value in third.items() if key != "scoring_func"}),
            files,
            pre="deepseek-v3",
            dtypes={"e_score_correction_bias": "F32"},
        ),
        Case(
            "deepseek-v3-yarn",
            config("deepseek_v3", "DeepseekV3ForCausalLM", **settings, **third, rope_scaling=yarn),
            files,
            pre="deepseek-v3",
            dtypes={"e_score_correction_bias": "F32"},
        ),
    ]


def is_linear(name: str) -> bool:
    return ".layers." in name and name.endswith("_proj.weight")


def eight_bits(scale_name: str, dtype: str, scale_shape) -> object:
    def change(tensors: list[Tensor]) -> list[Tensor]:
        changed: list[Tensor] = []
        for name, own, shape in tensors:
            changed.append((name, "F8_E4M3" if is_linear(name) else own, shape))
            if is_linear(name):
                changed.append((name.removesuffix("weight") + scale_name, dtype, scale_shape(shape)))
        return changed

    return change


def from_eight_bits(scale_name: str, block: list[int] | None):
    def weights(folder: pathlib.Path) -> dict[str, torch.Tensor]:
        found = stored(folder)
        result = {name: tensor.float() for name, tensor in found.items() if not name.endswith(scale_name)}
        for name, weight in list(result.items()):
            scale = found.get(name.removesuffix("weight") + scale_name)
            if scale is None or not is_linear(name):
                continue
            scale = scale.float()
            for axis, size in enumerate(block or []):
                scale = scale.repeat_interleave(size, axis)
            if block:
                scale = scale[: weight.shape[0], : weight.shape[1]]
            result[name] = weight * scale
        return result

    return weights


def few_bits() -> list[Case]:
    # No size of a matrix is a multiple of 48.
    block = [48, 32]
    blocks = {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": block}
    group = {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float", "strategy": "channel", "symmetric": True, "dynamic": False, "group_size": None}}
    channels = {"quant_method": "compressed-tensors", "format": "float-quantized", "config_groups": {"group_0": group}, "ignore": ["lm_head"], "quantization_status": "compressed"}
    whole = {"quant_method": "fp8", "activation_scheme": "static"}
    llama = dict(bos_token_id=360, eos_token_id=361, rope_scaling=LLAMA_3_ROPE, rope_theta=500000.0)
    return [
        Case(
            "qwen3-fp8-blocks",
            config("qwen3", "Qwen3ForCausalLM", bos_token_id=360, eos_token_id=362, head_dim=32, rope_scaling=YARN, use_sliding_window=False, quantization_config=blocks),
            byte_pair("qwen2"),
            pre="qwen2",
            change=eight_bits("weight_scale_inv", "F32", lambda shape: [math.ceil(size / part) for size, part in zip(shape, block)]),
            oracle_weights=from_eight_bits("weight_scale_inv", block),
        ),
        Case(
            "llama-fp8-channels",
            config("llama", "LlamaForCausalLM", **llama, quantization_config=channels),
            byte_pair("llama3"),
            pre="llama-bpe",
            change=eight_bits("weight_scale", "BF16", lambda shape: [shape[0], 1]),
            oracle_weights=from_eight_bits("weight_scale", None),
        ),
        Case(
            "mistral-fp8-tensors",
            config("mistral", "MistralForCausalLM", bos_token_id=1, eos_token_id=2, head_dim=16, quantization_config=whole),
            sentence_piece(),
            change=eight_bits("weight_scale_inv", "BF16", lambda shape: []),
            oracle_weights=from_eight_bits("weight_scale_inv", None),
        ),
    ]


def lfm2_moe() -> list[Case]:
    """transformers has this class only from version 4.58 on."""
    layers = ["conv", "full_attention", "conv"]
    settings = dict(
        bos_token_id=360, eos_token_id=362, pad_token_id=360, rms_norm_eps=..., norm_eps=1e-5, num_hidden_layers=3, num_dense_layers=1, layer_types=layers, conv_L_cache=3, conv_bias=False,
        moe_intermediate_size=32, num_experts=4, num_experts_per_tok=2, norm_topk_prob=True, routed_scaling_factor=1.0, use_expert_bias=True, tie_word_embeddings=...,
    )
    tensors: list[Tensor] = [("model.embed_tokens.weight", "BF16", [384, 64]), ("model.embedding_norm.weight", "BF16", [64])]
    for layer, kind in enumerate(layers):
        name = f"model.layers.{layer}"
        tensors += [(f"{name}.{part}.weight", "BF16", [64]) for part in ("operator_norm", "ffn_norm")]
        if kind == "conv":
            tensors += [(f"{name}.conv.conv.weight", "BF16", [64, 1, 3]), (f"{name}.conv.in_proj.weight", "BF16", [192, 64]), (f"{name}.conv.out_proj.weight", "BF16", [64, 64])]
        else:
            rows = {"q_proj": 64, "k_proj": 32, "v_proj": 32, "out_proj": 64}
            tensors += [(f"{name}.self_attn.{part}.weight", "BF16", [count, 64]) for part, count in rows.items()]
            tensors += [(f"{name}.self_attn.{part}_layernorm.weight", "BF16", [16]) for part in "qk"]
        if layer == 0:
            tensors += [(f"{name}.feed_forward.{part}.weight", "BF16", shape) for part, shape in {"w1": [96, 64], "w2": [64, 96], "w3": [96, 64]}.items()]
            continue
        tensors += [(f"{name}.feed_forward.gate.weight", "BF16", [4, 64]), (f"{name}.feed_forward.expert_bias", "F32", [4])]
        for expert in range(4):
            shapes = {"w1": [32, 64], "w2": [64, 32], "w3": [32, 64]}
            tensors += [(f"{name}.feed_forward.experts.{expert}.{part}.weight", "BF16", shape) for part, shape in shapes.items()]
    return [Case("lfm2-moe", config("lfm2_moe", "Lfm2MoeForCausalLM", **settings), byte_pair("llama3"), pre="llama-bpe", tensors=tensors, oracle=None)]
