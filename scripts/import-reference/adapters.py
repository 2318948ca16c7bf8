"""Cases of adapters. The judge of all of them is the model with the changes added to its weights."""

import dataclasses
import math
import pathlib
import re
import subprocess
import sys
from typing import Any

import torch

import oracle
import reference
from case import FIXTURES, Case, Tensor, write_files, write_weights
from experts import stored

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
FEED_FORWARD = ["gate_proj", "up_proj", "down_proj"]


@dataclasses.dataclass
class Adapter:
    name: str
    # Name of the case whose model it changes.
    base: str
    targets: list[str]
    rank: int = 4
    alpha: float = 8
    # More settings of adapter_config.json.
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    mlx: bool = False
    dtype: str = "F32"
    # Whether llama.cpp's converter makes the same: it ignores rsLoRA and patterns, and does not know MLX.
    has_reference: bool = True

    def rank_of(self, module: str) -> int:
        return by_pattern(self.settings.get("rank_pattern"), module, self.rank)

    def factor(self, module: str) -> float:
        if self.mlx:
            return self.alpha
        alpha, rank = by_pattern(self.settings.get("alpha_pattern"), module, self.alpha), self.rank_of(module)
        return alpha / (math.sqrt(rank) if self.settings.get("use_rslora") else rank)

    def config(self) -> dict[str, Any]:
        if self.mlx:
            parameters = {"rank": self.rank, "scale": self.alpha, "dropout": 0.0, "keys": [f"self_attn.{each}" for each in self.targets]}
            return {"fine_tune_type": "lora", "num_layers": 2, "lora_parameters": parameters}
        common = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "base", "bias": "none", "fan_in_fan_out": False}
        return {**common, "r": self.rank, "lora_alpha": self.alpha, "target_modules": self.targets, "modules_to_save": None, **self.settings}


def by_pattern(patterns: dict[str, Any] | None, module: str, otherwise: Any) -> Any:
    """As PEFT: the first key that the end of the module's name matches."""
    for key, value in (patterns or {}).items():
        if re.match(rf"(.*\.)?({key})$", module):
            return value
    return otherwise


def all_adapters() -> list[Adapter]:
    patterns = {"rank_pattern": {"o_proj": 2, "layers.1.mlp.up_proj": 6}, "alpha_pattern": {"q_proj": 16, "layers.0.mlp.down_proj": 3}}
    return [
        Adapter("peft-llama", "llama-3", [*ATTENTION, *FEED_FORWARD]),
        Adapter("peft-llama-rs", "llama-3", ["q_proj", "v_proj"], rank=16, alpha=8, settings={"use_rslora": True}, has_reference=False),
        Adapter("peft-llama-patterns", "llama-2", [*ATTENTION, *FEED_FORWARD], settings=patterns, has_reference=False),
        Adapter("peft-qwen3", "qwen3", [*ATTENTION, *FEED_FORWARD], dtype="BF16"),
        Adapter("peft-gemma2", "gemma2", [*ATTENTION, *FEED_FORWARD], dtype="F16"),
        Adapter("peft-mixtral", "mixtral", ["w1", "w2", "w3"], rank=2),
        Adapter("peft-phi3", "phi3", ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]),
        Adapter("peft-deepseek", "deepseek-v3", ["o_proj", *FEED_FORWARD], rank=2),
        Adapter("mlx-llama", "llama-2", ["q_proj", "k_proj", "v_proj"], alpha=3.0, mlx=True, has_reference=False),
    ]


def adapter_tensors(adapter: Adapter, base: dict[str, torch.Tensor]) -> list[Tensor]:
    tensors: list[Tensor] = []
    for module in modules_of(adapter, base):
        outputs, inputs = base[f"{module}.weight"].shape
        rank = adapter.rank_of(module)
        if adapter.mlx:
            tensors += [(f"{module}.lora_a", adapter.dtype, [inputs, rank]), (f"{module}.lora_b", adapter.dtype, [rank, outputs])]
        else:
            name = f"base_model.model.{module}"
            tensors += [(f"{name}.lora_A.weight", adapter.dtype, [rank, inputs]), (f"{name}.lora_B.weight", adapter.dtype, [outputs, rank])]
    return sorted(tensors)


def modules_of(adapter: Adapter, base: dict[str, torch.Tensor]) -> list[str]:
    names = [name.removesuffix(".weight") for name in sorted(base) if name.endswith(".weight")]
    return [name for name in names if name.rpartition(".")[2] in adapter.targets]


def change_weights(model: Any, adapter: Adapter, factors: dict[str, torch.Tensor], base: dict[str, torch.Tensor]) -> None:
    parameters = dict(model.named_parameters())
    for module in modules_of(adapter, base):
        if adapter.mlx:
            change = (factors[f"{module}.lora_a"].float() @ factors[f"{module}.lora_b"].float()).T
        else:
            name = f"base_model.model.{module}"
            change = factors[f"{name}.lora_B.weight"].float() @ factors[f"{name}.lora_A.weight"].float()
        with torch.no_grad():
            parameters[f"{module}.weight"] += adapter.factor(module) * change


def expected(adapter: Adapter, converter: pathlib.Path, base: pathlib.Path, folder: pathlib.Path) -> dict[str, Any]:
    from generate import joined

    metadata, tensors = {}, {}
    for type_name in ("F32", "F16"):
        target = folder.parent / f"{type_name}.gguf"
        command = [sys.executable, str(converter / "convert_lora_to_gguf.py"), str(folder), "--base", str(base)]
        subprocess.run([*command, "--outtype", type_name.lower(), "--outfile", str(target)], check=True, capture_output=True)
        metadata[type_name], tensors[type_name] = reference.describe(target)
    assert metadata["F32"] == metadata["F16"]
    return {"fileTypes": {}, "automatic": "F32", "metadata": metadata["F32"], "tensors": joined(tensors)}


def make(adapter: Adapter, base_case: Case, converter: pathlib.Path, work: pathlib.Path) -> None:
    """The folder of its base must have been made in the same place."""
    from generate import text_of

    print(adapter.name, flush=True)
    base_folder = work / adapter.base / "model"
    base = stored(base_folder)
    folder = work / adapter.name / "adapter"
    folder.mkdir(parents=True)
    files = {"adapter_config.json": adapter.config()}
    file_name = "adapters.safetensors" if adapter.mlx else "adapter_model.safetensors"
    weights = {file_name: adapter_tensors(adapter, base)}
    write_files(files, folder)
    write_weights(weights, folder)
    fixture: dict[str, Any] = {"name": adapter.name, "base": adapter.base, "files": files, "weights": weights}
    if adapter.has_reference:
        fixture["expected"] = expected(adapter, converter, base_folder, folder)
    model = oracle.causal_model(base_folder, None)
    change_weights(model, adapter, torch_file(folder / file_name), base)
    fixture["oracle"] = oracle.logits_of(model, base_case)
    target = FIXTURES / "adapters" / f"{adapter.name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text_of(fixture) + "\n")


def torch_file(path: pathlib.Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(path)
