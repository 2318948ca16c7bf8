import { families } from '../families/families.ts';
import type { Family } from '../families/family.ts';
import { findTensor, type TensorPlace } from '../families/locate-tensor.ts';
import type { Config } from '../hugging-face/config.ts';
import type { AdapterContents } from './adapted-module.ts';
import type { BaseModel } from './base-model.ts';
import { quoted, refusal } from './refuse.ts';

/** A table of tensors, and the settings that it may ask for. */
export interface AdapterFamily {
  readonly family: Family;
  readonly config: Config;
}

/**
 * The table of the base model: the one of the class that the adapter names, else the first of the architecture that knows
 * all modules.
 * @throws OllamaError `invalid-request` when the adapter was made for another architecture, or changes unknown modules
 */
export function findFamily(contents: AdapterContents, base: BaseModel): AdapterFamily {
  const named = families.find(
    ({ names }) => contents.baseClass !== undefined && names.includes(contents.baseClass),
  );
  if (named && named.architecture !== base.architecture) {
    throw refusal(`the adapter is for ${contents.baseClass}, the base model is ${base.architecture}`);
  }
  const candidates = named
    ? [named]
    : families.filter(({ architecture }) => architecture === base.architecture);
  if (candidates.length === 0) {
    throw refusal(
      `adapters of ${quoted(base.architecture)} models cannot be converted: convert it with convert_lora_to_gguf.py of ` +
        'llama.cpp and use the .gguf',
    );
  }
  let unknown: string | undefined;
  for (const family of candidates) {
    const config = configFor(family, base);
    const first = contents.modules.find(
      ({ kind, name }) => kind !== 'stacked-experts' && !placeOf(name, { family, config }),
    );
    if (!first) return { family, config };
    unknown ??= first.name;
  }
  throw refusal(`the adapter changes ${quoted(unknown ?? '')}, which is not known for ${base.architecture}`);
}

/** Looks a module up. Adapters of models without a head (AutoModel) leave out the first part of the name. */
export function placeOf(name: string, { family, config }: AdapterFamily): TensorPlace | undefined {
  for (const candidate of [`${name}.weight`, `model.${name}.weight`]) {
    const renamed = family.rename?.(candidate, config) ?? candidate;
    const place = findTensor(family, renamed);
    if (place) return place;
  }
  return undefined;
}

function configFor(family: Family, { config }: BaseModel): Config {
  return config.with({ architectures: [...family.names.slice(0, 1)] });
}
