"""What transformers computes from a folder: the judge that does not depend on llama.cpp's converter."""

import base64
import pathlib
from typing import Any

import numpy as np
import torch

from case import Case, Tensor

TOKEN_COUNT = 16
TOKENS = [(3 * index * index + 7 * index + 41) % 350 for index in range(TOKEN_COUNT)]
# Logits of these tokens are kept, after each of the tokens above.
COLUMNS = list(range(5, 360, 31))


class TableGelu(torch.nn.Module):
    """GELU as ggml computes it on a processor: the approximation with tanh, from a table of half-precision floats."""

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        halves = torch.nn.functional.gelu(states.half().float(), approximate="tanh").half().float()
        return torch.where(states <= -10, torch.zeros(()), torch.where(states >= 10, states, halves))


def as_engine(model: Any, difference: str | None) -> Any:
    """Makes a model compute what llama.cpp computes, where that is known to be something else."""
    if difference is None:
        return model
    if difference == "gelu from a table":
        for module in model.modules():
            for name in ("act_fn", "intermediate_act_fn"):
                if hasattr(module, name):
                    setattr(module, name, TableGelu())
    elif difference.startswith("yarn with whole bounds"):
        # "truncate": false asks for fractions, but llama.cpp rounds the dimensions between which YaRN mixes.
        config = model.config
        config.rope_scaling = {**config.rope_scaling, "truncate": True}
        kind = type(model.model.rotary_emb)
        model.model.rotary_emb = kind(config)
    else:
        raise ValueError(difference)
    return model


def packed(values: Any) -> str:
    return base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()


def model_tensors(folder: pathlib.Path, case: Case) -> list[Tensor]:
    """Names and shapes of the parameters of transformers' class, sorted as its files are."""
    from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(folder)
    kind = AutoModelForCausalLM if case.oracle in ("causal", None) else AutoModel
    with torch.device("meta"):
        model = kind.from_config(config)
    tied = set(model._tied_weights_keys or []) if getattr(config, "tie_word_embeddings", False) else set()
    found: list[Tensor] = []
    for name, parameter in sorted(model.state_dict().items()):
        if name in tied:
            continue
        dtype = next((each for text, each in case.dtypes.items() if text in name), case.dtype)
        found.append((name, dtype, list(parameter.shape)))
    return found


def causal_model(folder: pathlib.Path, weights: dict[str, torch.Tensor] | None) -> Any:
    """transformers' model in 32 bits. It must read all weights and lack none."""
    from transformers import AutoConfig, AutoModelForCausalLM

    settings = {"dtype": torch.float32, "attn_implementation": "eager"}
    if weights is None:
        model, report = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True, **settings)
        unread = [value for values in report.values() for value in values]
    else:
        config = AutoConfig.from_pretrained(folder)
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        model = AutoModelForCausalLM.from_config(config, **settings)
        report = model.load_state_dict(weights, strict=False)
        unread = [*report.missing_keys, *report.unexpected_keys]
    if unread:
        raise SystemExit(f"{folder}: transformers does not read these weights: {unread}")
    return model.eval()


def causal_logits(folder: pathlib.Path, case: Case) -> dict[str, Any]:
    return logits_of(causal_model(folder, case.oracle_weights(folder) if case.oracle_weights else None), case)


def logits_of(model: Any, case: Case) -> dict[str, Any]:

    def logits() -> np.ndarray:
        with torch.inference_mode():
            return model(torch.tensor([TOKENS]), use_cache=False).logits[0].numpy()[:, COLUMNS]

    plain = logits()
    as_engine(model, case.as_engine)
    same = logits()
    facts = {"tokens": TOKENS, "columns": COLUMNS, "largest": rounded(np.abs(plain).max())}
    return {**facts, **difference(case, plain, same), "logits": packed(same)}


def difference(case: Case, plain: np.ndarray, same: np.ndarray) -> dict[str, Any]:
    if case.as_engine is None:
        return {}
    return {"asEngine": case.as_engine, "changedBy": rounded(np.abs(plain - same).max())}


def rounded(value: Any) -> float:
    return float(f"{value:.2g}")


def pooled_vector(folder: pathlib.Path, case: Case) -> dict[str, Any]:
    from transformers import AutoModel

    model = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()

    def vector() -> np.ndarray:
        with torch.inference_mode():
            return pooled(model(torch.tensor([TOKENS])).last_hidden_state[0], case.oracle)

    plain = vector()
    as_engine(model, case.as_engine)
    same = vector()
    return {"tokens": TOKENS, **difference(case, plain, same), "pooled": packed(same)}


def pooled(states: torch.Tensor, pooling: str) -> np.ndarray:
    """Vector of the text, of length 1."""
    vector = states.mean(dim=0) if pooling == "mean" else states[0 if pooling == "cls" else -1]
    return (vector / vector.norm()).numpy()
