import { OllamaError, throwIfCanceled } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import type { EmbeddingFacts } from '../../protocol/load.ts';
import type { MediaSpan } from '../../protocol/media.ts';
import type { EmbeddedMedia, MediaSource, Runner } from '../../runner/runner.ts';
import { isFiniteVector } from './vectors.ts';

/** Limits of one call to the runner: enough work to keep it busy, in a small message. */
const MAX_INPUTS_PER_CALL = 128;
const MAX_TOKENS_PER_CALL = 262_144;
/** Maximum count of numbers in one reply, about 200 MB of JSON; writing more would stall the server. */
const MAX_NUMBERS = 16 * MIB;

export interface EmbeddedInputs<Value> {
  readonly values: Value[];
  readonly tokens: number;
}

/** The tokens of an input. */
export interface EmbedTokens {
  readonly tokens: readonly number[];
  readonly spans: readonly MediaSpan[];
}

interface EmbedJob<Value> {
  readonly runner: Runner;
  readonly facts: EmbeddingFacts;
  /** Number of inputs. */
  readonly count: number;
  /** Returns the token IDs of one input, and where its pictures and sounds lie. */
  readonly tokensOf: (index: number) => Promise<EmbedTokens>;
  /** The bytes of a piece; needed for inputs with pictures or sounds. */
  readonly mediaData?: MediaSource;
  /** Converts a vector to the value for the reply. All its numbers are finite. */
  readonly valueOf: (vector: Float32Array) => Value;
  /** Called before each call to the runner, with the number of tokens of all inputs so far; what it throws ends the job. */
  readonly onRead: (tokens: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Computes the vectors of many inputs, in the order of the inputs.
 * @throws OllamaError `invalid-request`: with status 400 for too many inputs, or with status 422 naming the input whose
 * vector contains NaN or infinity
 */
export async function embedInputs<Value>(job: EmbedJob<Value>): Promise<EmbeddedInputs<Value>> {
  requireReasonable(job.count, job.facts.length);
  const values: Value[] = [];
  let tokens = 0;
  for (let from = 0; from < job.count; ) {
    throwIfCanceled(job.signal);
    const inputs = await tokenizeSome(job, from);
    tokens += inputs.reduce((sum, input) => sum + input.tokens.length, 0);
    job.onRead(tokens);
    const media = mediaOf(inputs, job.mediaData);
    const vectors = await job.runner.embed(
      inputs.map((input) => input.tokens),
      job.signal,
      media,
    );
    for (const [offset, vector] of vectors.entries()) {
      if (!isFiniteVector(vector)) throw notFinite(from + offset);
      values.push(job.valueOf(vector));
    }
    from += inputs.length;
  }
  return { values, tokens };
}

async function tokenizeSome({ count, tokensOf }: EmbedJob<unknown>, from: number): Promise<EmbedTokens[]> {
  const inputs: EmbedTokens[] = [];
  let tokens = 0;
  const end = Math.min(count, from + MAX_INPUTS_PER_CALL);
  for (let index = from; index < end && tokens < MAX_TOKENS_PER_CALL; index++) {
    const input = await tokensOf(index);
    inputs.push(input);
    tokens += input.tokens.length;
  }
  return inputs;
}

function mediaOf(inputs: readonly EmbedTokens[], data: MediaSource | undefined): EmbeddedMedia | undefined {
  if (!data || inputs.every(({ spans }) => spans.length === 0)) return undefined;
  return { spans: inputs.map(({ spans }) => spans), data };
}

function requireReasonable(count: number, length: number): void {
  if (count * length <= MAX_NUMBERS) return;
  const message = `${count} inputs with ${length} numbers each are too many for one request: send at most ${Math.floor(MAX_NUMBERS / length)}`;
  throw new OllamaError('invalid-request', message);
}

function notFinite(index: number): OllamaError {
  const message = `embedding contains NaN or Inf values (input ${index})`;
  return new OllamaError('invalid-request', message, { status: 422 });
}
