import { OllamaError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import { quotedValue } from '../quoted-value.ts';
import type { SafeTensor } from '../safetensors/safe-tensor.ts';
import type { SourceFile } from '../source-file.ts';

export const INDEX_NAME = 'model.safetensors.index.json';

/** Names of files in a message; more would hide the message. */
const MAX_NAMED = 3;

interface WeightFile {
  readonly file: SourceFile;
  readonly tensors: readonly SafeTensor[];
}

/**
 * Parts of the weights that the index names and the folder does not have.
 * @throws OllamaError `invalid-request` when parts are missing, or the index is not valid
 */
export function indexedWeights(index: JsonObject, weights: readonly SourceFile[]): readonly SourceFile[] {
  const present = new Map(weights.map((file) => [file.name, file]));
  const named = new Set(Object.values(weightMap(index)));
  const other = [...named].find((name) => !name.endsWith('.safetensors'));
  if (other !== undefined) {
    throw new OllamaError(
      'invalid-request',
      `${INDEX_NAME} names ${quotedValue(other)}, which is not a .safetensors file: download the index again`,
    );
  }
  const missing = [...named].filter((name) => !present.has(name)).toSorted();
  if (missing.length > 0) {
    const verb = missing.length === 1 ? 'is' : 'are';
    throw new OllamaError('invalid-request', `${listed(missing)} ${verb} missing (named in ${INDEX_NAME})`);
  }
  return weights.filter((file) => named.has(file.name));
}

/**
 * Compares the tensors that the index promises with those of the files.
 * @throws OllamaError `invalid-request` when one is missing or not in the index
 */
export function checkIndex(index: JsonObject, parts: readonly WeightFile[]): void {
  const promised = weightMap(index);
  const found = new Map(
    parts.flatMap(({ file, tensors }) => tensors.map((tensor) => [tensor.name, file.name])),
  );
  for (const [tensor, file] of Object.entries(promised)) {
    if (found.get(tensor) === file) continue;
    throw new OllamaError(
      'invalid-request',
      `${file} has no tensor "${tensor}", which ${INDEX_NAME} says it has`,
    );
  }
  for (const [tensor, file] of found) {
    if (Object.hasOwn(promised, tensor)) continue;
    throw new OllamaError(
      'invalid-request',
      `tensor "${tensor}" of ${file} is not in ${INDEX_NAME}: the index is of other files`,
    );
  }
}

function weightMap(index: JsonObject): Readonly<Record<string, string>> {
  const map = index.weight_map;
  const isRight = isJsonObject(map) && Object.values(map).every((value) => typeof value === 'string');
  if (!isRight || Object.keys(map).length === 0) {
    throw new OllamaError(
      'invalid-request',
      `"weight_map" in ${INDEX_NAME} must map names of tensors to names of files`,
    );
  }
  return map as Record<string, string>;
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  const shown = names.slice(0, MAX_NAMED).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}
