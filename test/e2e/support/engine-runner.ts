/** The built engine in a child process, without a server. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '../../../src/base/logger.ts';
import type { CompletionEvent } from '../../../src/protocol/completion.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import type { Runner, RunnerRequest } from '../../../src/runner/runner.ts';
import { type StartOptions, startRunner } from '../../../src/runner/start.ts';

const program = join(fileURLToPath(new URL('../../../dist/engine/main.js', import.meta.url)));

export function startEngine(
  load: Partial<LoadOptions> & Pick<LoadOptions, 'modelPath'>,
  more: Pick<StartOptions, 'signal' | 'onProgress' | 'onSteps' | 'onHeld'> = {},
): Promise<Runner> {
  return startRunner({
    load: {
      contextLength: 512,
      slots: 1,
      batchSize: 128,
      threads: 0,
      gpuLayers: 0,
      useMmap: true,
      flashAttention: 'auto',
      kvCacheType: 'f16',
      ...load,
    },
    program,
    loadTimeoutMs: 60_000,
    logger: silentLogger,
    ...more,
  });
}

export interface Answer {
  readonly tokens: readonly number[];
  /** Number of prompt tokens that were not computed. */
  readonly cached: number;
  /** Number of prompt tokens. */
  readonly prompt: number;
  /** Log probabilities of the tokens, if requested. */
  readonly logprobs: readonly number[];
  /** How much likelier, as a logarithm, the likeliest token was than the next, for each token if two were requested. */
  readonly gaps: readonly number[];
}

/** Completes at temperature 0. */
export async function askRunner(
  runner: Runner,
  prompt: readonly number[],
  overrides: Partial<RunnerRequest> = {},
  signal?: AbortSignal,
): Promise<Answer> {
  const request: RunnerRequest = {
    prompt,
    sampling: {
      temperature: 0,
      topK: 40,
      topP: 0.9,
      minP: 0,
      typicalP: 1,
      repeatPenalty: 1,
      repeatLastN: 64,
      presencePenalty: 0,
      frequencyPenalty: 0,
      seed: -1,
    },
    stop: [],
    maxTokens: 12,
    keep: 4,
    shift: true,
    ...overrides,
  };
  const events: CompletionEvent[] = [];
  for await (const event of runner.complete(request, signal)) events.push(event);
  const done = events.at(-1);
  if (done?.type !== 'done') throw new Error('the last event is not "done"');
  const logprobs = events.flatMap((event) => (event.type === 'text' ? (event.logprobs ?? []) : []));
  return {
    tokens: done.tokens,
    cached: done.timings.cachedTokens,
    prompt: done.timings.promptTokens,
    logprobs: logprobs.map(({ logprob }) => logprob),
    gaps: logprobs.flatMap(({ topLogprobs: [first, second] }) =>
      first && second ? first.logprob - second.logprob : [],
    ),
  };
}
