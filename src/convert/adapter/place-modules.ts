import type { TensorTarget } from '../families/family.ts';
import type { TensorPlace } from '../families/locate-tensor.ts';
import type { TensorData } from '../tensors/tensor-data.ts';
import type { AdaptedModule, FactorPair } from './adapted-module.ts';
import { isAdapterApplied } from './applied-targets.ts';
import { type AdapterFamily, placeOf } from './find-family.ts';
import { quoted, refusal } from './refuse.ts';
import { splitFactors } from './split-factors.ts';

/** Factors for one tensor of the base model. */
export interface PlacedFactors extends FactorPair {
  /** Tensor of the base model, such as "blk.0.attn_q.weight". */
  readonly target: string;
  readonly kind: AdaptedModule['kind'];
  /** Module that they come from, for messages. */
  readonly module: string;
}

/** An expert's module, until those of all experts are there. */
interface ExpertStack {
  readonly target: string;
  /** Place among the parts of an expert, which is the order of the tensors. */
  readonly order: number;
  readonly layer: number | undefined;
  readonly modules: Map<number, AdaptedModule>;
}

interface Placed {
  readonly factors: PlacedFactors;
  /** Tensors are written in this order: by the module, and by the part for experts of a layer. */
  readonly position: number;
  readonly order: number;
}

/** Names of stacked experts in mlx-lm, and of their parts in GGUF. */
const STACKED = /(?:^|\.)layers\.(\d{1,6})\..*\.(gate|up|down)_proj$/;

/**
 * Finds the tensors of the base model that modules stand for, and what the conversion of each does to the factors.
 * @param factored the modules, with what the engine does not multiply with already in their factors
 * @throws OllamaError `invalid-request` for unknown modules, and experts that are not there as a whole
 */
export function placeModules(
  factored: readonly AdaptedModule[],
  family: AdapterFamily,
  expertCount: number,
): readonly PlacedFactors[] {
  const placed: Placed[] = [];
  const stacks = new ExpertStacks(family, expertCount);
  for (const [position, module] of factored.entries()) {
    if (module.kind === 'stacked-experts') {
      placed.push({ factors: placeStacked(module), position, order: 0 });
      continue;
    }
    const place = placeOf(module.name, family);
    if (!place)
      throw refusal(`the adapter changes ${quoted(module.name)}, which is not known for this model`);
    if (place.expert !== undefined) stacks.add(module, place, place.expert, position);
    else {
      const factors = place.targets.map((target) => placeOne(module, target, family));
      placed.push(...factors.map((one, order) => ({ factors: one, position, order })));
    }
  }
  placed.push(...stacks.finish());
  return placed
    .toSorted((a, b) => a.position - b.position || a.order - b.order)
    .map(({ factors }) => factors);
}

function placeStacked(module: AdaptedModule): PlacedFactors {
  const name = STACKED.exec(module.name);
  if (!name)
    throw refusal(`the adapter changes ${quoted(module.name)}, which is not known as experts of a layer`);
  const target = `blk.${Number(name[1])}.ffn_${name[2]}_exps.weight`;
  return { target, kind: module.kind, module: module.name, a: module.a, b: module.b };
}

function placeOne(
  module: AdaptedModule,
  target: TensorTarget,
  { config, family }: AdapterFamily,
): PlacedFactors {
  const { name, kind } = module;
  if (!isAdapterApplied(family.architecture, target.to)) {
    throw refusal(
      `the adapter changes ${quoted(name)}, and the engine ignores adapters of ${target.to} in ${family.architecture} ` +
        'models: merge it into the model first',
    );
  }
  if (kind === 'embedding') return { target: target.to, kind, module: name, ...embeddingFactors(module) };
  const scope = { config, tokenCount: 0, shape: [] };
  const weight: TensorData = { kind: 'source', tensor: { type: 'F32', shape: [], path: name, start: 0 } };
  const data = target.data?.(weight, scope) ?? weight;
  const pair = splitFactors(data, 2, () => module);
  if (!pair) throw refusal(`the adapter changes ${quoted(name)}, whose factors cannot be converted`);
  return { target: target.to, kind, module: name, ...pair };
}

/** The engine looks up rows of a by the number of a token, so that a is the other way round. */
function embeddingFactors({ a, b }: AdaptedModule): FactorPair {
  return { a: { kind: 'transpose', axes: [1, 0], of: a }, b };
}

/** Collects modules of single experts. */
class ExpertStacks {
  readonly #family: AdapterFamily;
  readonly #expertCount: number;
  readonly #stacks = new Map<string, ExpertStack>();
  /** Position of the last module of an expert by layer. */
  readonly #ends = new Map<number | undefined, number>();

  constructor(family: AdapterFamily, expertCount: number) {
    this.#family = family;
    this.#expertCount = expertCount;
  }

  add(module: AdaptedModule, place: TensorPlace, expert: number, position: number): void {
    const [target] = place.targets;
    if (!target || place.targets.length > 1 || target.data) {
      throw refusal(`the adapter changes ${quoted(module.name)}, whose factors cannot be converted`);
    }
    if (this.#expertCount === 0) {
      throw refusal(
        `the adapter changes ${quoted(module.name)}, but the base model has no experts: name the model that the adapter was made for`,
      );
    }
    const { layer, key } = place;
    const { from = '', to = {} } = this.#family.family.experts ?? {};
    const order = Object.keys(to).indexOf(key.slice(from.length + 1));
    const stack = this.#stacks.get(target.to) ?? { target: target.to, order, layer, modules: new Map() };
    stack.modules.set(expert, module);
    this.#stacks.set(target.to, stack);
    this.#ends.set(layer, position);
  }

  finish(): Placed[] {
    return [...this.#stacks.values()].map((stack) => ({
      factors: this.#stacked(stack),
      position: this.#ends.get(stack.layer) ?? 0,
      order: stack.order,
    }));
  }

  #stacked({ target, modules }: ExpertStack): PlacedFactors {
    const [first] = modules.values();
    const parts = Array.from({ length: Math.min(this.#expertCount, modules.size + 1) }, (_, expert) =>
      modules.get(expert),
    );
    const missing = parts.indexOf(undefined);
    if (!first || missing >= 0 || parts.length !== modules.size) {
      throw refusal(
        `the adapter changes ${modules.size} of the ${this.#expertCount} experts in ${quoted(target)}: it must change all of them or none`,
      );
    }
    const whole = parts.filter((part) => part !== undefined);
    if (whole.some(({ rank }) => rank !== first.rank)) {
      throw refusal(
        `the experts of ${quoted(target)} have different ranks in the adapter, which is not supported`,
      );
    }
    return {
      target,
      kind: 'stacked-experts',
      module: first.name,
      a: { kind: 'stack', of: whole.map(({ a }) => a) },
      b: { kind: 'stack', of: whole.map(({ b }) => b) },
    };
  }
}
