"""What a case is: a folder as Hugging Face holds it, without the weights, which come from a seed."""

import dataclasses
import json
import pathlib
import shutil
from typing import Any

from seeded_weights import write_safetensors

FIXTURES = pathlib.Path(__file__).parent.parent.parent / "test/fixtures/import"

Tensor = tuple[str, str, list[int]]


@dataclasses.dataclass
class Case:
    name: str
    config: dict[str, Any]
    # File name → JSON content, text, or "tokenizers/…": one of the shared vocabularies (see write_folder).
    files: dict[str, Any]
    # Name that llama.cpp has for the pre-tokenizer, of which its converter knows only whole vocabularies.
    pre: str = "default"
    # Type of the weights, and of those whose name contains a text.
    dtype: str = "BF16"
    dtypes: dict[str, str] = dataclasses.field(default_factory=dict)
    # Changes the list of tensors that transformers' class has.
    change: Any = None
    # Tensors by hand, where transformers has no class.
    tensors: list[Tensor] | None = None
    # File of each tensor, where there is more than one.
    shards: Any = None
    # Logits: of the model ("causal"), of the pooled text ("pooled"), or none.
    oracle: str | None = "causal"
    # Weights for the oracle when transformers cannot read the folder's: name → torch tensor.
    oracle_weights: Any = None
    # What the engine computes otherwise than transformers, and the oracle then as well: see oracle.as_engine.
    as_engine: str | None = None
    types: tuple[str, ...] = ("F32", "F16", "BF16", "Q8_0")


def shared_file(reference: str) -> Any:
    """Content of "tokenizers/byte-pair/FAMILY", "tokenizers/byte-pair-config/FAMILY" or of a file in that folder."""
    folder, kind, *rest = reference.split("/")
    if not rest:
        path = FIXTURES / folder / kind
        return json.loads(path.read_text()) if path.suffix == ".json" else path
    family = json.loads((FIXTURES / "tokenizers/byte-pair-families.json").read_text())[rest[0]]
    if kind == "byte-pair-config":
        return family["tokenizer_config"]
    model = json.loads((FIXTURES / "tokenizers/byte-pair.json").read_text())
    first = len(model["vocab"])
    added = [
        {
            **{"id": first + index, "content": content, "single_word": False, "lstrip": False, "rstrip": False},
            **{"normalized": False, "special": bool(special)},
        }
        for index, (content, special) in enumerate(family["added"])
    ]
    parts = {name: family[name] for name in ("normalizer", "pre_tokenizer", "post_processor", "decoder")}
    model = {**model, "ignore_merges": family["ignore_merges"]}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, **parts, "model": model}


def write_files(files: dict[str, Any], folder: pathlib.Path) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str) and content.startswith("tokenizers/"):
            content = shared_file(content)
        if isinstance(content, pathlib.Path):
            shutil.copyfile(content, path)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))


def write_weights(weights: dict[str, list[Tensor]], folder: pathlib.Path) -> None:
    for name, tensors in weights.items():
        write_safetensors(folder / name, tensors)
