import type { TensorJob } from '../../convert/plan/tensor-job.ts';
import type { ValueCounts } from '../../convert/tensors/element-cast.ts';
import { tensorType } from '../../gguf/tensor-types.ts';

type NamedTensor = Pick<TensorJob, 'name' | 'type'>;

/** Tensors of each kind that are named; more of them say nothing new. */
const MOST_NAMED = 5;

/** Puts what was noticed of the values of tensors into sentences. */
export class ValueWarnings {
  readonly #specials: string[] = [];
  readonly #overflows: string[] = [];
  #moreSpecials = 0;
  #moreOverflows = 0;

  add(tensor: NamedTensor, { specials, overflows }: ValueCounts): void {
    if (specials > 0 && !appended(this.#specials, specialsOf(tensor, specials))) this.#moreSpecials += 1;
    if (overflows > 0 && !appended(this.#overflows, overflowsOf(tensor, overflows))) this.#moreOverflows += 1;
  }

  get warnings(): string[] {
    return [
      ...this.#specials,
      ...more(this.#moreSpecials, 'infinite or NaN values'),
      ...this.#overflows,
      ...more(this.#moreOverflows, 'values that became infinite'),
    ];
  }
}

function appended(sentences: string[], sentence: string): boolean {
  return sentences.length < MOST_NAMED && sentences.push(sentence) > 0;
}

function more(tensors: number, what: string): string[] {
  if (tensors === 0) return [];
  return [tensors === 1 ? `1 more tensor has ${what}` : `${tensors} more tensors have ${what}`];
}

/** The weights are taken as they are, as other converters do: only their author can repair them. */
function specialsOf({ name }: NamedTensor, count: number): string {
  const are = count === 1 ? 'is' : 'are';
  return `${valuesOf(name, count)} ${are} infinite or NaN in the original: the model may answer nonsense`;
}

function overflowsOf({ name, type }: NamedTensor, count: number): string {
  const target = tensorType(type)?.name;
  return `${valuesOf(name, count)} cannot be represented as ${target} and became infinite: use BF16`;
}

function valuesOf(name: string, count: number): string {
  return `${count} ${count === 1 ? 'value' : 'values'} of tensor "${name}"`;
}
