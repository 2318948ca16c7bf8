"""Runs the converter of llama.cpp and describes the files that it makes."""

import hashlib
import logging
import os
import pathlib
import sys
from typing import Any

import numpy as np

FILE_TYPES = {"F32": "ALL_F32", "F16": "MOSTLY_F16", "BF16": "MOSTLY_BF16", "Q8_0": "MOSTLY_Q8_0", "auto": "GUESSED"}
# Longer lists are described by their hash.
LONGEST_LIST = 32
# Hexadecimal digits of a SHA-256 that are kept: 64 bits suffice against accidents.
DIGITS = 16


def load(converter: pathlib.Path) -> None:
    sys.path.insert(0, str(converter / "gguf-py"))
    sys.path.insert(0, str(converter))
    logging.disable(logging.WARNING)
    os.environ["TQDM_DISABLE"] = "1"


def convert(folder: pathlib.Path, type_name: str, target: pathlib.Path, pre: str) -> None:
    import gguf
    import torch
    from conversion import ModelBase, ModelType, get_model_architecture, get_model_class
    from conversion.base import TextModel

    # The converter knows pre-tokenizers by the hash of a text's tokens in each published vocabulary; ours are none of them.
    TextModel.get_vocab_base_pre = lambda self, tokenizer: pre
    with torch.inference_mode():
        settings = ModelBase.load_hparams(folder, False)
        made_by = get_model_class(get_model_architecture(settings, ModelType.TEXT), mmproj=False)
        file_type = getattr(gguf.LlamaFileType, FILE_TYPES[type_name])
        made_by(folder, file_type, target).write()


def hashed(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:DIGITS]


def describe(path: pathlib.Path) -> tuple[list[list[Any]], list[list[Any]]]:
    """Returns metadata rows [key, type, value] and tensor rows [name, type, shape, hash], both in the order of the file."""
    import gguf

    reader = gguf.GGUFReader(path)
    metadata = [
        [key, *value_of(field)] for key, field in reader.fields.items() if not key.startswith("GGUF.")
    ]
    tensors = [
        [tensor.name, tensor.tensor_type.name, [int(size) for size in tensor.shape], hashed(tensor.data.tobytes())]
        for tensor in reader.tensors
    ]
    return metadata, tensors


def value_of(field: Any) -> tuple[str, Any]:
    """Numbers of 32 bits are widened exactly. A long list is its count and the hash of its bytes, texts joined by zeros."""
    import gguf

    kind = field.types[0]
    if kind != gguf.GGUFValueType.ARRAY:
        return type_name(kind), field.contents()
    element = field.types[-1]
    values = field.contents() if len(field.data) else []
    if len(values) <= LONGEST_LIST:
        return f"{type_name(element)}[]", values
    if element == gguf.GGUFValueType.STRING:
        return f"{type_name(element)}[]", f"{len(values)}:{hashed(chr(0).join(values).encode())}"
    data = np.concatenate([field.parts[index] for index in field.data])
    return f"{type_name(element)}[]", f"{len(values)}:{hashed(data.tobytes())}"


def type_name(kind: Any) -> str:
    names = {"UINT": "u", "INT": "i", "FLOAT": "f"}
    for prefix, short in names.items():
        if kind.name.startswith(prefix):
            return short + kind.name[len(prefix) :]
    return kind.name.lower()
