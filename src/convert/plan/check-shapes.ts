import { OllamaError } from '../../base/errors.ts';
import type { Family } from '../families/family.ts';
import type { Config } from '../hugging-face/config.ts';
import type { TensorJob } from './tensor-job.ts';

/** Tensors with a row for each token. */
const perToken: readonly string[] = ['token_embd.weight', 'output.weight'];

interface Planned {
  readonly job: TensorJob;
  readonly shape: readonly number[];
}

/**
 * Compares the tensors with what the engine expects from the settings and the vocabulary.
 * @throws OllamaError `invalid-request` naming the first tensor of another shape
 */
export function checkShapes(
  family: Family,
  config: Config,
  tokenCount: number,
  planned: readonly Planned[],
): void {
  for (const { job, shape } of planned) {
    if (perToken.includes(job.name) && shape[0] !== tokenCount)
      throw otherVocabulary(job.name, shape[0], tokenCount);
    const expected = expectedShape(family, config, job.name);
    if (!expected || String(expected) === String(shape)) continue;
    throw new OllamaError(
      'invalid-request',
      `tensor "${job.name}" would have the shape [${shape.join(', ')}], but the settings in config.json mean [${expected.join(', ')}]`,
    );
  }
}

/** A bias has one value for each row of its weight; that of a norm, one for each value. */
function expectedShape({ shapes }: Family, config: Config, name: string): readonly number[] | undefined {
  const suffix = name.endsWith('.bias') ? '.bias' : '.weight';
  const key = name.slice(0, -suffix.length).replace(/^blk\.\d+\./, 'blk.N.');
  if (!shapes || !name.endsWith(suffix) || !Object.hasOwn(shapes, key)) return undefined;
  const shape = shapes[key]?.(config);
  return suffix === '.bias' && shape && shape.length > 1 ? shape.slice(0, -1) : shape;
}

function otherVocabulary(name: string, rows: number | undefined, tokenCount: number): OllamaError {
  return new OllamaError(
    'invalid-request',
    `tensor "${name}" has ${rows} rows, but the vocabulary has ${tokenCount} tokens: "vocab_size" in config.json or the tokenizer belongs to another model`,
  );
}
