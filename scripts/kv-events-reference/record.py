"""Records what vLLM publishes about its KV cache: the hashes of blocks, and the bytes of event batches.

    pip download --no-deps --no-binary :all: vllm==0.33.0     # the source; pip need not be able to build it
    pip install cbor2 msgspec
    python record.py FOLDER_OF_THE_SOURCE > ../../test/fixtures/kv-events/vllm.json

vLLM itself needs torch, which these functions do not: they are taken out of its files and run as they are.
"""

import ast
import json
import os
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NewType

import msgspec

SOURCE = Path(sys.argv[1])
HASHED = {
    "maybe_convert_block_hash",
    "resolve_none_hash_seed",
    "init_none_hash",
    "_gen_mm_extra_hash_keys",
    "_gen_lora_extra_hash_keys",
    "_gen_prompt_embeds_extra_hash_keys",
    "generate_block_hash_extra_keys",
    "to_event_extra_keys",
    "hash_block_tokens",
    "get_request_block_hasher",
}
EVENTS = {"EventBatch", "KVCacheEvent", "BlockStored", "BlockRemoved", "AllBlocksCleared", "KVEventBatch"}


def run_parts(path, names, scope):
    """Runs only these functions and classes of a file, and its plain constants."""
    tree = ast.parse((SOURCE / path).read_text())
    for node in tree.body:
        is_named = isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in names
        is_constant = isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        if is_named or is_constant:
            code = compile(ast.Module([node], []), path, "exec", flags=0x1000000)
            exec(code, scope)


hashing: dict[str, Any] = {}
exec(compile((SOURCE / "vllm/utils/hashing.py").read_text(), "hashing.py", "exec"), hashing)
blocks: dict[str, Any] = {
    **{name: hashing[name] for name in ("xxhash", "xxhash_cbor")},
    "_NON_CRYPTO_HASH_FUNCTIONS": frozenset({hashing["xxhash"], hashing["xxhash_cbor"]}),
    "BlockHash": NewType("BlockHash", bytes),
    "envs": SimpleNamespace(VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES=False),
    "os": os,
}
run_parts("vllm/v1/core/kv_cache_utils.py", HASHED, blocks)
events: dict[str, Any] = {"msgspec": msgspec, "Any": Any, "ExternalBlockHash": bytes | int}
run_parts("vllm/distributed/kv_events.py", EVENTS, events)
version: dict[str, Any] = {}
exec((SOURCE / "vllm/_version.py").read_text(), version)

hash_function = hashing["sha256_cbor"]
pack = msgspec.msgpack.Encoder().encode


def request(tokens, salt):
    return SimpleNamespace(
        all_token_ids=tokens,
        num_tokens=len(tokens),
        block_hashes=[],
        mm_features=[],
        lora_request=None,
        prompt_embeds=None,
        cache_salt=salt,
    )


def hashes_of(tokens, salt, size):
    return blocks["get_request_block_hasher"](size, hash_function)(request(tokens, salt))


def extra_keys(tokens, salt, size):
    count = len(tokens) // size
    asked = request(tokens, salt)
    keys = [blocks["generate_block_hash_extra_keys"](asked, i * size, (i + 1) * size, 0)[0] for i in range(count)]
    return blocks["to_event_extra_keys"](keys)


def stored(tokens, salt, size, medium, after=0):
    """The event about the blocks behind the first `after` ones."""
    hashes = hashes_of(tokens, salt, size)
    return events["BlockStored"](
        block_hashes=hashes[after:],
        parent_block_hash=hashes[after - 1] if after else None,
        token_ids=tokens[after * size : len(hashes) * size],
        block_size=size,
        lora_id=None,
        medium=medium,
        lora_name=None,
        extra_keys=extra_keys(tokens, salt, size)[after:],
        group_idx=0,
        # What `KVCacheManager.take_events` adds for a model without windows.
        kv_cache_spec_kind="full_attention",
    )


def removed(hashes, medium):
    return events["BlockRemoved"](block_hashes=hashes, medium=medium, group_idx=0)


def tokens_of(count, step=1):
    """Tokens of every length that CBOR and msgpack have for numbers."""
    return [(i * i * i * 977 * step + i) % 262_144 for i in range(count)]


CASES = [
    (None, tokens_of(40), None, 16),
    (None, [0, 23, 24, 127, 128, 255, 256, 65535, 65536, 262143, 1, 2, 3, 4, 5, 6], None, 16),
    (None, tokens_of(64, 3), "a" * 64, 16),
    (None, tokens_of(64, 3), "salt of a request, with ä and 日本", 16),
    (None, tokens_of(300, 5), None, 64),
    (None, tokens_of(9, 7), "s", 4),
    ("0", tokens_of(40), None, 16),
    ("a seed of some length, longer than 23 bytes", tokens_of(40), "s", 16),
]


def record():
    recorded = []
    for seed, tokens, salt, size in CASES:
        os.environ.pop("PYTHONHASHSEED", None)
        if seed is not None:
            os.environ["PYTHONHASHSEED"] = seed
        blocks["init_none_hash"](hash_function)
        recorded.append(
            {
                "seed": seed or blocks["DEFAULT_NONE_HASH_SEED"],
                "tokens": tokens,
                "salt": salt,
                "blockSize": size,
                "hashes": [value.hex() for value in hashes_of(tokens, salt, size)],
            }
        )
    os.environ.pop("PYTHONHASHSEED", None)
    blocks["init_none_hash"](hash_function)
    tokens = tokens_of(64, 3)
    batch = events["KVEventBatch"]
    batches = {
        "stored": batch(ts=1764590000.25, events=[stored(tokens, None, 16, "GPU")], data_parallel_rank=0),
        "salted": batch(ts=1764590000.5, events=[stored(tokens, "a" * 64, 16, "CPU")], data_parallel_rank=0),
        "behind": batch(ts=1764590001.0, events=[stored(tokens, "a" * 64, 16, "GPU", 2)], data_parallel_rank=0),
        "removed": batch(
            ts=1764590002.125,
            events=[removed(hashes_of(tokens, None, 16)[2:], "GPU"), removed(hashes_of(tokens, None, 16), "STORAGE")],
            data_parallel_rank=0,
        ),
        "cleared": batch(ts=0.0, events=[events["AllBlocksCleared"]()], data_parallel_rank=0),
    }
    return {
        "source": f"vLLM {version['version']}: v1/core/kv_cache_utils.py, distributed/kv_events.py",
        "algorithm": "sha256_cbor",
        "encoders": {"cbor2": metadata.version("cbor2"), "msgspec": msgspec.__version__},
        "cases": recorded,
        "batchTokens": tokens,
        "batches": {name: pack(value).hex() for name, value in batches.items()},
    }


print(json.dumps(record(), indent=1, ensure_ascii=False))
