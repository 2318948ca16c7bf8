"""Cases of models that generate text."""

from typing import Any

from case import Case, Tensor, shared_file

GELU = "gelu from a table"
SMALL = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 384,
    "max_position_embeddings": 256,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "torch_dtype": "bfloat16",
    "tie_word_embeddings": False,
}


def config(model_type: str, name: Any, **more) -> dict:
    merged = {"architectures": ... if name is ... else [name], "model_type": model_type, **SMALL, **more}
    return {key: value for key, value in merged.items() if value is not ...}


def byte_pair(family: str, **settings) -> dict:
    reference = f"tokenizers/byte-pair-config/{family}"
    return {
        "tokenizer.json": f"tokenizers/byte-pair/{family}",
        "tokenizer_config.json": {**shared_file(reference), **settings} if settings else reference,
    }


def added(content: str, is_special: bool) -> dict:
    return {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": is_special}


def sentence_piece(with_json: bool = True, more: dict | None = None, **settings) -> dict:
    names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "tokenizer_class": "LlamaTokenizer", "legacy": True}
    texts = ["<unk>", "<s>", "</s>", "<mark>"]
    return with_tokens("sentence-piece", texts, with_json, {**names, **settings}, more or {})


def sentence_piece_of_gemma(**settings) -> dict:
    names = {"bos_token": "<bos>", "eos_token": "<eos>", "unk_token": "<unk>", "pad_token": "<pad>", "tokenizer_class": "GemmaTokenizer"}
    return with_tokens("sentence-piece-of-gemma", ["<pad>", "<eos>", "<bos>", "<unk>", "<mark>"], True, {**names, **settings}, {})


def with_tokens(name: str, texts: list[str], with_json: bool, settings: dict, more: dict) -> dict:
    decoder = {str(index): added(text, text != "<mark>") for index, text in enumerate(texts)}
    config = {"add_bos_token": True, "add_eos_token": False, "added_tokens_decoder": {**decoder, **more}, **settings}
    files = {"tokenizer.model": f"tokenizers/{name}.model", "tokenizer_config.json": config}
    return {"tokenizer.json": f"tokenizers/{name}.json", **files} if with_json else files


LLAMA_3_ROPE = {
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
    "rope_type": "llama3",
}


def llamas() -> list[Case]:
    llama = lambda **more: config("llama", "LlamaForCausalLM", **more)
    begin_3 = {"bos_token_id": 360, "eos_token_id": [361, 363, 362]}
    return [
        Case(
            "llama-3",
            llama(**begin_3, rope_theta=500000.0, rope_scaling=LLAMA_3_ROPE, tie_word_embeddings=True, head_dim=16),
            {**byte_pair("llama3"), "generation_config.json": {**begin_3, "do_sample": True, "temperature": 0.6, "top_p": 0.9}},
            pre="llama-bpe",
        ),
        Case("llama-2", llama(bos_token_id=1, eos_token_id=2), sentence_piece(), dtype="F16"),
        # As saved long ago: what is not written is transformers' default.
        Case(
            "llama-old",
            llama(bos_token_id=1, eos_token_id=2, rope_theta=..., num_key_value_heads=..., max_position_embeddings=..., tie_word_embeddings=...),
            {**sentence_piece(with_json=False), "tokenizer_config.json": {"bos_token": "<s>", "eos_token": "</s>", "tokenizer_class": "LlamaTokenizer"}},
            dtype="F32",
        ),
        # tokenizer.json alone, with byte fallback (there, the converter adds no tokens for unused embeddings); biases; linear rope.
        Case(
            "llama-biases",
            llama(vocab_size=360, bos_token_id=1, eos_token_id=2, attention_bias=True, mlp_bias=True, rope_scaling={"type": "linear", "factor": 2.0}),
            {name: content for name, content in sentence_piece().items() if name != "tokenizer.model"},
        ),
        Case(
            "llama-sharded",
            llama(**begin_3, vocab_size=366, max_position_embeddings=128),
            {**byte_pair("llama3"), "chat_template.jinja": "{{ bos_token }}{% for message in messages %}{{ message['content'] }}{% endfor %}"},
            pre="llama-bpe",
            shards=lambda name: "model-00002-of-00002.safetensors" if "layers.1" in name or "lm_head" in name else "model-00001-of-00002.safetensors",
        ),
        # Without the head of a model that generates, as those are saved that embed texts.
        Case(
            "llama-bare",
            {**llama(**begin_3, tie_word_embeddings=True), "architectures": ["LlamaModel"]},
            byte_pair("llama3"),
            pre="llama-bpe",
            dtypes={"norm": "F32"},
            change=lambda tensors: [(name.removeprefix("model."), dtype, shape) for name, dtype, shape in tensors],
        ),
        Case(
            "mistral",
            config("mistral", "MistralForCausalLM", bos_token_id=1, eos_token_id=2, head_dim=32, intermediate_size=80, sliding_window=None, rope_theta=1000000.0),
            sentence_piece(with_json=False, more={"362": added("[INST]", True), "363": added("▁call▁", False)}),
        ),
        Case(
            "mixtral",
            config("mixtral", "MixtralForCausalLM", bos_token_id=1, eos_token_id=2, num_local_experts=11, num_experts_per_tok=2, sliding_window=None, num_hidden_layers=1),
            sentence_piece(),
        ),
        Case(
            "granite",
            config(
                "granite", "GraniteForCausalLM", bos_token_id=360, eos_token_id=360, attention_multiplier=0.125, embedding_multiplier=12.0,
                residual_multiplier=0.22, logits_scaling=8.0, tie_word_embeddings=True, attention_bias=False,
            ),
            byte_pair("smollm"),
            pre="smollm",
        ),
        Case(
            "smollm3",
            config("smollm3", "SmolLM3ForCausalLM", bos_token_id=None, eos_token_id=361, pad_token_id=361, num_hidden_layers=4, no_rope_layer_interval=4,
                   no_rope_layers=[1, 1, 1, 0], tie_word_embeddings=True, rope_theta=5000000.0, use_sliding_window=False),
            byte_pair("llama3"),
            pre="llama-bpe",
        ),
    ]


YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}


def without_head(tensors: list[Tensor]) -> list[Tensor]:
    return [(name.removeprefix("model."), *rest) for name, *rest in tensors if name != "lm_head.weight"]


def qwens() -> list[Case]:
    ends = {"bos_token_id": 360, "eos_token_id": 362}
    moe = dict(
        decoder_sparse_step=1, mlp_only_layers=[], moe_intermediate_size=32, num_experts=8, num_experts_per_tok=3, norm_topk_prob=True,
        head_dim=32, use_sliding_window=False,
    )
    return [
        Case("qwen2", config("qwen2", "Qwen2ForCausalLM", **ends, tie_word_embeddings=True, use_sliding_window=False), byte_pair("qwen2"), pre="qwen2"),
        Case("qwen3", config("qwen3", "Qwen3ForCausalLM", **ends, head_dim=32, rope_scaling=YARN, use_sliding_window=False), byte_pair("qwen2"), pre="qwen2"),
        # As a model that embeds texts is saved: the first part of the names and the head are left out.
        Case("qwen3-bare", config("qwen3", "Qwen3Model", **ends, head_dim=16, use_sliding_window=False), byte_pair("qwen2"), pre="qwen2", change=without_head, oracle=None),
        Case("qwen3-moe", config("qwen3_moe", "Qwen3MoeForCausalLM", **ends, **moe), byte_pair("qwen2"), pre="qwen2"),
    ]


def gemmas() -> list[Case]:
    common = dict(bos_token_id=2, eos_token_id=1, pad_token_id=0, head_dim=16, hidden_act="gelu_pytorch_tanh", hidden_activation="gelu_pytorch_tanh", tie_word_embeddings=...)
    layers = ["sliding_attention", "sliding_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention"]
    return [
        Case("gemma", config("gemma", "GemmaForCausalLM", **common), sentence_piece_of_gemma(), as_engine=GELU),
        Case(
            "gemma2",
            config("gemma2", "Gemma2ForCausalLM", **common, attn_logit_softcapping=50.0, final_logit_softcapping=30.0, query_pre_attn_scalar=16, sliding_window=8),
            sentence_piece_of_gemma(),
            as_engine=GELU,
        ),
        Case(
            "gemma3",
            config("gemma3_text", "Gemma3ForCausalLM", **common, num_hidden_layers=6, sliding_window=8, layer_types=layers, query_pre_attn_scalar=16, rope_local_base_freq=10000.0,
                   rope_theta=1000000.0, attn_logit_softcapping=None, final_logit_softcapping=None, num_key_value_heads=1),
            sentence_piece_of_gemma(),
            as_engine=GELU,
        ),
        # Both files hold the part that sees pictures, which becomes no part of the model.
        Case(
            "gemma3-seeing",
            {
                "architectures": ["Gemma3ForConditionalGeneration"],
                "model_type": "gemma3",
                "text_config": config("gemma3_text", ..., **common, num_hidden_layers=6, sliding_window=8, query_pre_attn_scalar=16, num_key_value_heads=1,
                                      rope_scaling={"factor": 8.0, "rope_type": "linear"}),
                "vision_config": {"model_type": "siglip_vision_model", "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
                                  "image_size": 28, "patch_size": 14},
            },
            sentence_piece_of_gemma(),
            oracle=None,
        ),
    ]


def others() -> list[Case]:
    phi = dict(bos_token_id=1, eos_token_id=2, pad_token_id=0, original_max_position_embeddings=8, sliding_window=64, resid_pdrop=0.0, embd_pdrop=0.0)
    long_rope = {"type": "longrope", "long_factor": [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5], "short_factor": [1.0, 1.0, 1.0, 1.125, 1.25, 1.25, 1.5, 1.5]}
    olmo = dict(bos_token_id=360, eos_token_id=361, attention_bias=False)
    return [
        Case("phi3", config("phi3", "Phi3ForCausalLM", **{**phi, "original_max_position_embeddings": 256}, partial_rotary_factor=1.0), sentence_piece()),
        Case("phi3-long", config("phi3", "Phi3ForCausalLM", **phi, rope_scaling=long_rope), sentence_piece()),
        # As Phi-4-mini: a part of each head is rotated, the output is the embedding, byte pairs.
        Case(
            "phi4-mini",
            config("phi3", "Phi3ForCausalLM", **{**phi, "bos_token_id": 361, "eos_token_id": 361, "original_max_position_embeddings": 256, "sliding_window": None},
                   partial_rotary_factor=0.75, tie_word_embeddings=True),
            byte_pair("gpt-oss", tokenizer_class="GPT2Tokenizer", bos_token="<|endoftext|>", eos_token="<|endoftext|>"),
            pre="gpt-4o",
        ),
        Case("olmo2", config("olmo2", "Olmo2ForCausalLM", **olmo, num_key_value_heads=4), byte_pair("llama3"), pre="llama-bpe"),
        Case(
            "olmo3",
            config("olmo3", "Olmo3ForCausalLM", **olmo, num_hidden_layers=4, sliding_window=8,
                   layer_types=["sliding_attention", "sliding_attention", "sliding_attention", "full_attention"]),
            byte_pair("llama3"),
            pre="llama-bpe",
        ),
        Case(
            "cohere",
            config("cohere", "CohereForCausalLM", bos_token_id=365, eos_token_id=368, pad_token_id=360, rms_norm_eps=..., layer_norm_eps=1e-5, logit_scale=0.0625, use_qk_norm=False,
                   num_key_value_heads=4, tie_word_embeddings=..., model_max_length=512),
            byte_pair("command-r"),
            pre="command-r",
        ),
        # As Command R7B: a window in three of four layers.
        Case(
            "cohere2",
            config("cohere2", "Cohere2ForCausalLM", bos_token_id=365, eos_token_id=368, pad_token_id=360, rms_norm_eps=..., layer_norm_eps=1e-5, logit_scale=0.25, num_hidden_layers=4,
                   num_key_value_heads=2, tie_word_embeddings=..., sliding_window=8, sliding_window_pattern=4, rotary_pct=1.0),
            byte_pair("command-r"),
            pre="command-r",
        ),
        Case(
            "lfm2",
            config("lfm2", "Lfm2ForCausalLM", bos_token_id=360, eos_token_id=362, pad_token_id=360, rms_norm_eps=..., norm_eps=1e-5, num_hidden_layers=3, conv_L_cache=3,
                   conv_bias=False, block_auto_adjust_ff_dim=True, block_dim=64, block_ff_dim=144, block_ffn_dim_multiplier=1.0, block_multiple_of=32,
                   layer_types=["conv", "full_attention", "conv"], tie_word_embeddings=..., tie_embedding=True, intermediate_size=...),
            byte_pair("llama3"),
            pre="llama-bpe",
        ),
    ]
