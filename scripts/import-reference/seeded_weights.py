"""Weights from a seed: the same bytes as test/fakes/import/seeded-weights.ts makes, so that no weights need to be stored.

A tensor's name gives a 32-bit seed (FNV-1a), the place of an element a 32-bit hash (the finalizer of MurmurHash3), and bits of it
the sign, exponent and mantissa. Floats lie between 2^-5 and 2^-1, of either sign; scales are positive.
"""

import json
import math
import pathlib
import struct

import numpy as np

BYTES = {"U8": 1, "F8_E4M3": 1, "F16": 2, "BF16": 2, "F32": 4, "I64": 8}


def name_seed(name: str) -> int:
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    return seed


def hashes(name: str, count: int) -> np.ndarray:
    value = np.arange(count, dtype=np.uint64) * 0x9E3779B9 + name_seed(name)
    value = (value & 0xFFFFFFFF).astype(np.uint32)
    value ^= value >> 16
    value *= np.uint32(0x85EBCA6B)
    value ^= value >> 13
    value *= np.uint32(0xC2B2AE35)
    value ^= value >> 16
    return value


def tensor_bytes(name: str, dtype: str, shape: list[int]) -> bytes:
    count = math.prod(shape)
    if dtype == "I64":
        return np.arange(count, dtype="<i8").tobytes()
    bits = hashes(name, count)
    is_scale = "scale" in name
    sign = np.zeros_like(bits) if is_scale else bits >> 31
    step = (bits >> 8) & 3
    if dtype == "U8":
        # Exponents of MXFP4 (2^-9 to 2^-6), or any two 4-bit values.
        return (118 + (bits & 3) if is_scale else bits & 0xFF).astype("u1").tobytes()
    if dtype == "F8_E4M3":
        return (sign << 7 | (bits & 0x3F)).astype("u1").tobytes()
    if dtype == "F16":
        return (sign << 15 | (10 + step) << 10 | ((bits >> 10) & 0x3FF)).astype("<u2").tobytes()
    high = sign << 15 | (122 + step) << 7 | (bits & 0x7F)
    if dtype == "BF16":
        return high.astype("<u2").tobytes()
    if dtype == "F32":
        return (high << 16 | ((bits >> 10) & 0xFFFF)).astype("<u4").tobytes()
    raise ValueError(f"no weights of type {dtype}")


def write_safetensors(path: pathlib.Path, tensors: list[tuple[str, str, list[int]]]) -> None:
    """The header names the tensors in the order given, and the data follows in the same order."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name, dtype, shape in tensors:
        size = math.prod(shape) * BYTES[dtype]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [place, place + size]}
        place += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors:
            file.write(tensor_bytes(*tensor))
