/** Sends the requests of a benchmark and measures their replies. */
import { performance } from 'node:perf_hooks';
import type { GenerateRequest, GenerateResponse } from '../../api/generate.ts';
import { OllamaError } from '../../base/errors.ts';
import { NANOSECONDS_PER_SECOND } from '../../base/units.ts';
import type { OllamaClient } from '../../client/client.ts';
import type { StreamTimes } from './bench-figures.ts';
import { benchPrompt } from './bench-prompt.ts';

/** Where requests go, and what ends them. */
export interface BenchTarget {
  readonly client: OllamaClient;
  readonly model: string;
  readonly signal: AbortSignal;
}

interface BenchRequest {
  readonly words: number;
  readonly tokens: number;
  /** Context length to request; undefined = the usual one of the model. */
  readonly context: number | undefined;
}

const MILLISECONDS_PER_SECOND = 1000;
/** Enough to find out how many tokens a word takes. */
const PROBE_WORDS = 200;

/** Every request computes its whole prompt and decodes one token per step, without speculation or an early end. */
const plainOptions = { temperature: 0, ignore_eos: true, draft_num_predict: 0 };

/** @returns words per token of the model's vocabulary, measured with a prompt of at most so many words */
export async function probe(
  target: BenchTarget,
  longest: number,
  context: number | undefined,
): Promise<number> {
  const words = Math.min(PROBE_WORDS, longest);
  const request = createRequest(target, { words, context, tokens: 1 });
  const { promptTokens } = await runStream(target, request, performance.now());
  return promptTokens === 0 ? 1 : words / promptTokens;
}

/** Runs streams that start at the same moment. */
export function runTogether(
  target: BenchTarget,
  { streams, ...one }: BenchRequest & { readonly streams: number },
): Promise<StreamTimes[]> {
  const requests = Array.from({ length: streams }, () => createRequest(target, one));
  const start = performance.now();
  return Promise.all(requests.map((request) => runStream(target, request, start)));
}

function createRequest({ model }: BenchTarget, { words, context, tokens }: BenchRequest): GenerateRequest {
  const options = {
    ...plainOptions,
    num_predict: tokens,
    ...(context !== undefined && { num_ctx: context }),
  };
  const prompt = benchPrompt(words, Math.random);
  return { model, prompt, raw: true, truncate: false, verbose_metrics: true, options };
}

async function runStream(
  { client, signal }: BenchTarget,
  request: GenerateRequest,
  start: number,
): Promise<StreamTimes> {
  const elapsed = () => (performance.now() - start) / MILLISECONDS_PER_SECOND;
  let firstToken: number | undefined;
  let last: GenerateResponse | undefined;
  for await (const chunk of client.generate(request, signal)) {
    firstToken ??= elapsed();
    last = chunk;
  }
  if (firstToken === undefined || last?.done !== true) {
    throw new OllamaError('upstream', 'the server ended a stream before it was complete');
  }
  const { prompt_eval_count: prompt = 0, prompt_eval_cached: cached = 0, eval_count: tokens = 0 } = last;
  return {
    firstToken,
    end: elapsed(),
    promptTokens: prompt - cached,
    promptTime: (last.prompt_eval_duration ?? 0) / NANOSECONDS_PER_SECOND,
    tokens,
    time: (last.eval_duration ?? 0) / NANOSECONDS_PER_SECOND,
  };
}
