import { OllamaError } from '../../base/errors.ts';
import type { Family } from '../families/family.ts';
import { inLayer, targetList } from '../families/locate-tensor.ts';
import type { Config } from '../hugging-face/config.ts';

/**
 * Checks that the engine gets every tensor that it needs.
 * @param names of the tensors, after the family's `rename`
 * @throws OllamaError `invalid-request` that names the first missing tensor
 */
export function checkComplete(
  family: Family,
  config: Config,
  layers: number,
  names: ReadonlySet<string>,
): void {
  for (const name of neededTensors(family, config, layers)) {
    if (names.has(name)) continue;
    throw new OllamaError(
      'invalid-request',
      `tensor "${name}" is missing: the engine cannot compute the model without it`,
    );
  }
}

function* neededTensors(family: Family, config: Config, layers: number): Generator<string> {
  const keys = Object.keys(family.tensors).filter((key) => !family.optional?.includes(key));
  for (const key of keys) yield* eachLayer(family, key, wholeName(family, key), { config, layers });
  for (const { of, required } of family.biases ?? []) {
    if (required !== true && (required === undefined || !config.flag(required))) continue;
    for (const key of of) yield* eachLayer(family, key, `${key}.bias`, { config, layers });
  }
  yield* neededExperts(family, config, layers);
}

/** The name of a tensor in each layer that has it. */
function* eachLayer(
  family: Family,
  key: string,
  name: string,
  { config, layers }: { readonly config: Config; readonly layers: number },
): Generator<string> {
  if (inLayer(name, 0) === name) return yield name;
  const [target] = targetList(family.tensors[key] ?? []);
  for (let layer = 0; layer < layers; layer++) {
    if (target?.when?.(config, layer) !== false) yield inLayer(name, layer);
  }
}

/** Only the first expert of a layer: `mapTensors` misses the others once it has met one of them. */
function* neededExperts({ experts }: Family, config: Config, layers: number): Generator<string> {
  if (!experts || (config.optionalInteger(experts.count) ?? 0) === 0) return;
  const first = experts.from.replace(/(^|\.)E(?=\.|$)/, '$10');
  for (let layer = 0; layer < layers; layer++) {
    if (experts.when?.(config, layer) === false) continue;
    for (const part of Object.keys(experts.to)) yield `${inLayer(first, layer)}.${part}.weight`;
  }
}

/** A key is the whole name when what it becomes is a whole name. */
function wholeName(family: Family, key: string): string {
  const [target] = targetList(family.tensors[key] ?? []);
  return /\.(?:weight|bias)$/.test(target?.to ?? '') ? key : `${key}.weight`;
}
