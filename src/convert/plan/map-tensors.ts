import { OllamaError } from '../../base/errors.ts';
import type { ExpertRule, Family, SourceTensor, TensorTarget } from '../families/family.ts';
import { inLayer, locateTensor, type TensorPlace, unknownTensor } from '../families/locate-tensor.ts';
import type { Config } from '../hugging-face/config.ts';
import type { TensorData } from '../tensors/tensor-data.ts';

/** llama.cpp's `LLAMA_MAX_EXPERTS`. */
const MAX_EXPERTS = 1024;

/** A tensor of the GGUF file before its type is decided. */
export interface MappedTensor {
  /** Name in the GGUF file. */
  readonly name: string;
  readonly data: TensorData;
}

interface MapScope {
  readonly family: Family;
  readonly config: Config;
  readonly layers: number;
  readonly tokenCount: number;
}

/**
 * Names the tensors as the engine knows them and states what happens to their values, in the order of the reference: that
 * of the sources, where the experts of a layer come with the last one of them.
 * @throws OllamaError `invalid-request` when a tensor is not known for the family, or an expert is missing
 */
export function mapTensors(scope: MapScope, sources: readonly SourceTensor[]): readonly MappedTensor[] {
  const { family, config } = scope;
  const mapped: MappedTensor[] = [];
  const stacks = family.experts && new ExpertStacks(family.experts, config);
  for (const source of sources) {
    const place = placeOf(scope, source);
    if (place.expert !== undefined && place.layer !== undefined && stacks) {
      mapped.push(...stacks.add(place, source));
      continue;
    }
    for (const target of place.targets) mapped.push(mapTensor(scope, source, target));
  }
  stacks?.checkComplete();
  return mapped;
}

function placeOf({ family, config, layers }: MapScope, source: SourceTensor): TensorPlace {
  const place = locateTensor(family, source.name);
  const { layer } = place;
  if (layer === undefined) return place;
  if (layer >= layers) {
    throw new OllamaError(
      'invalid-request',
      `tensor "${source.name}" belongs to a layer beyond the ${layers} that config.json states`,
    );
  }
  if (place.targets[0]?.when?.(config, layer) === false) unknownTensor(family, source.name);
  return place;
}

function mapTensor(
  { config, tokenCount }: MapScope,
  source: SourceTensor,
  target: TensorTarget,
): MappedTensor {
  const data = target.data?.(source.data, { config, tokenCount, shape: source.shape }) ?? source.data;
  return { name: target.to, data };
}

/** Collects experts until a layer has all of them. */
class ExpertStacks {
  readonly #rule: ExpertRule;
  readonly #count: number;
  /** By layer, then by part and number of the expert. */
  readonly #waiting = new Map<number, Map<string, SourceTensor>>();

  constructor(rule: ExpertRule, config: Config) {
    this.#rule = rule;
    this.#count = config.optionalInteger(rule.count, { maximum: MAX_EXPERTS }) ?? 0;
  }

  /** The stacks of the layer when this was the last of its tensors, otherwise nothing. */
  add({ key, layer = 0, expert = 0 }: TensorPlace, source: SourceTensor): readonly MappedTensor[] {
    if (expert >= this.#count) {
      throw new OllamaError(
        'invalid-request',
        `tensor "${source.name}" belongs to an expert beyond the ${this.#count} that config.json states`,
      );
    }
    const waiting = this.#waiting.get(layer) ?? new Map<string, SourceTensor>();
    this.#waiting.set(layer, waiting);
    waiting.set(partName(key.slice(this.#rule.from.length + 1), expert), source);
    const parts = Object.entries(this.#rule.to);
    if (waiting.size < parts.length * this.#count) return [];
    this.#waiting.delete(layer);
    return parts.map(([part, to]) => ({
      name: `${inLayer(to, layer)}.weight`,
      data: { kind: 'stack', of: this.#numbered(waiting, part) },
    }));
  }

  /** @throws OllamaError `invalid-request` when experts are missing */
  checkComplete(): void {
    for (const [layer, waiting] of this.#waiting) {
      for (const part of Object.keys(this.#rule.to)) {
        for (let expert = 0; expert < this.#count; expert++) {
          if (waiting.has(partName(part, expert))) continue;
          throw new OllamaError(
            'invalid-request',
            `expert ${expert} of layer ${layer} has no "${part}.weight": part of the model is missing`,
          );
        }
      }
    }
  }

  #numbered(waiting: ReadonlyMap<string, SourceTensor>, part: string): TensorData[] {
    return Array.from(
      { length: this.#count },
      (_, expert) => waiting.get(partName(part, expert))?.data,
    ).filter((data) => data !== undefined);
  }
}

function partName(part: string, expert: number): string {
  return `${part} ${expert}`;
}
