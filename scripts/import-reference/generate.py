"""Makes the fixtures of the import's tests: test/fixtures/import/*.json. See docs/testing.md.

Usage: python generate.py --converter FOLDER [--only NAME]... [--keep FOLDER]
"""

import argparse
import json
import pathlib
import tempfile
from typing import Any

import reference
from case import FIXTURES, Case, Tensor, write_files, write_weights


def weight_files(case: Case, tensors: list[Tensor]) -> dict[str, list[Tensor]]:
    if case.shards is None:
        return {"model.safetensors": tensors}
    files: dict[str, list[Tensor]] = {}
    for tensor in tensors:
        files.setdefault(case.shards(tensor[0]), []).append(tensor)
    return files


def index_file(weights: dict[str, list[Tensor]]) -> dict[str, Any]:
    places = {tensor[0]: name for name, tensors in weights.items() for tensor in tensors}
    return {"metadata": {}, "weight_map": places}


def joined(rows_by_type: dict[str, list[list[Any]]]) -> list[list[Any]]:
    """One row a tensor: name, shape, then its hash in each type, after the tensor's own type where it is another one."""
    first, *others = rows_by_type.values()
    for rows in others:
        assert [(row[0], row[2]) for row in rows] == [(row[0], row[2]) for row in first]
    result = []
    for index, (name, _, shape, _) in enumerate(first):
        marks = []
        for wanted, rows in rows_by_type.items():
            own, digest = rows[index][1], rows[index][3]
            marks.append(digest if own == wanted else f"{own}:{digest}")
        # A tensor of the same type everywhere, which is F32 where it has the hash alone.
        same = {mark if ":" in mark else f"F32:{mark}" for mark in marks}
        result.append([name, shape, *(same if len(same) == 1 else marks)])
    return result


def expected(case: Case, folder: pathlib.Path, work: pathlib.Path) -> dict[str, Any]:
    metadata, tensors, file_types = {}, {}, {}
    for type_name in case.types:
        path = work / f"{case.name}-{type_name}.gguf"
        reference.convert(folder, type_name, path, case.pre)
        metadata[type_name], tensors[type_name] = reference.describe(path)
        for row in metadata[type_name]:
            if row[0] == "general.file_type":
                file_types[type_name] = row[2]
                row[2] = 0
    first = metadata[case.types[0]]
    assert all(rows == first for rows in metadata.values())
    guessed = work / f"{case.name}-auto.gguf"
    reference.convert(folder, "auto", guessed, case.pre)
    automatic = next(name for name, rows in tensors.items() if rows == reference.describe(guessed)[1])
    return {"fileTypes": file_types, "automatic": automatic, "metadata": first, "tensors": joined(tensors)}


def text_of(value: Any, depth: int = 0) -> str:
    """JSON with a line for each tensor and each key of the metadata."""
    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(compact) < 120 or depth > 3:
        return compact
    if isinstance(value, dict):
        rows = [f"{json.dumps(key)}:{text_of(each, depth + 1)}" for key, each in value.items()]
        return "{\n" + ",\n".join(rows) + "\n}"
    if isinstance(value, list) and isinstance(value[0], (list, tuple)):
        return "[\n" + ",\n".join(text_of(each, 9) for each in value) + "\n]"
    return compact


def make(case: Case, work: pathlib.Path) -> None:
    import oracle

    print(case.name, flush=True)
    # The converter makes a name from the folder's, which must not depend on the case.
    folder = work / case.name / "model"
    folder.mkdir(parents=True)
    files = {"config.json": case.config, **case.files}
    write_files(files, folder)
    tensors = case.tensors or oracle.model_tensors(folder, case)
    if case.change is not None:
        tensors = sorted(case.change(tensors))
    weights = weight_files(case, tensors)
    if case.shards is not None:
        files["model.safetensors.index.json"] = index_file(weights)
        write_files(files, folder)
    write_weights(weights, folder)
    fixture: dict[str, Any] = {"name": case.name, "files": files, "weights": weights, "expected": expected(case, folder, work)}
    if case.oracle == "causal":
        fixture["oracle"] = oracle.causal_logits(folder, case)
    elif case.oracle is not None:
        by_hand = case.oracle_weights
        fixture["oracle"] = by_hand(folder) if by_hand else oracle.pooled_vector(folder, case)
    target = FIXTURES / "models" / f"{case.name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text_of(fixture) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--converter", type=pathlib.Path, required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--keep", type=pathlib.Path, help="an empty folder for everything that is made on the way")
    arguments = parser.parse_args()
    reference.load(arguments.converter)

    import adapters
    import all_cases

    chosen = [each for each in adapters.all_adapters() if not arguments.only or each.name in arguments.only]
    cases = {case.name: case for case in all_cases.models()}
    needed = {adapter.base for adapter in chosen}
    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.keep or pathlib.Path(temporary)
        for name, case in cases.items():
            if not arguments.only or name in arguments.only or name in needed:
                make(case, work)
        for adapter in chosen:
            adapters.make(adapter, cases[adapter.base], arguments.converter, work)


if __name__ == "__main__":
    main()
