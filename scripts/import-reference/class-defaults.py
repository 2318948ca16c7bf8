"""Writes src/convert/hugging-face/class-defaults.ts: what the classes of transformers assume where config.json is silent.

Run by hand with the transformers version that the reference converter uses:

    python scripts/import-reference/class-defaults.py > src/convert/hugging-face/class-defaults.ts
    npx biome check --write src/convert/hugging-face/class-defaults.ts

Only defaults that the constructors state are written. What they compute from other settings is in the `complete` function
of each family.
"""

import inspect
import json

import transformers

MODEL_TYPES = [
    "llama", "mistral", "mixtral", "qwen2", "qwen3", "qwen3_moe", "gemma", "gemma2", "gemma3_text", "olmo2", "olmo3",
    "granite", "smollm3", "cohere", "cohere2", "phi3", "gpt_oss", "deepseek_v2", "deepseek_v3", "lfm2", "bert",
]  # fmt: skip

# Settings of training and generation, and token IDs, which are read from the files themselves.
IGNORED = (
    "initializer_range", "use_cache", "pretraining_tp", "output_router_logits", "router_aux_loss_coef",
    "router_jitter_noise", "aux_loss_alpha", "seq_aux", "embd_pdrop", "resid_pdrop",
)  # fmt: skip


def is_ignored(name):
    return name in IGNORED or name.endswith(("_token_id", "dropout", "dropout_prob"))


def defaults_of(model_type):
    parameters = inspect.signature(transformers.CONFIG_MAPPING[model_type].__init__).parameters.values()
    stated = {p.name: p.default for p in parameters if p.default not in (inspect.Parameter.empty, None)}
    return {name: value for name, value in stated.items() if not is_ignored(name)}


print(f"""import type {{ JsonObject }} from '../../base/json-object.ts';

/**
 * What the classes of transformers {transformers.__version__} assume where config.json is silent, by "model_type". Written by
 * scripts/import-reference/class-defaults.py.
 */
export const classDefaults: Readonly<Record<string, JsonObject>> = {{""")
for model_type in MODEL_TYPES:
    print(f"  {model_type}: {json.dumps(defaults_of(model_type))},")
print("};")
