/** vLLM's metrics of requests that have ended, and of the steps that computed them. */
import { figureBounds } from '../../protocol/engine-figures.ts';
import { choices, firstTokenSeconds, requestSeconds, requestTokens } from '../figures/bounds.ts';
import { finishReasons } from '../figures/run-totals.ts';
import type { MetricRow } from './metric-row.ts';
import { histogram, splitCounter } from './vllm-row.ts';

export const vllmRequestRows: readonly MetricRow[] = [
  splitCounter({
    name: 'vllm:request_success_total',
    help: 'Finished requests by reason: stop, length, abort (the client left) or error',
    source: 'runs',
    label: 'finished_reason',
    values: ({ runs: { finished } }) =>
      Object.fromEntries(finishReasons.map((reason) => [reason, finished[reason]])),
  }),
  {
    name: 'vllm:admission_rejections_total',
    help: 'Requests that were refused because too many waited',
    ...{ source: 'runs', type: 'counter', labels: ['model_name', 'reason'] },
    read: ({ models }) =>
      models.map(({ name, runs }) => ({
        labels: { model_name: name, reason: 'max_num_queued_reqs' },
        value: runs.turnedAway,
      })),
  },
  histogram({
    ...{ name: 'vllm:time_to_first_token_seconds', source: 'runs', bounds: firstTokenSeconds },
    help: 'Time from the request to the first token or vector, with waiting and loading',
    tally: ({ runs }) => runs.firstTokenSeconds,
  }),
  histogram({
    ...{ name: 'vllm:inter_token_latency_seconds', source: 'engine', bounds: figureBounds.intervalSeconds },
    help: 'Time between steps that yield tokens of the same request',
    tally: ({ engine }) => engine.intervalSeconds,
  }),
  histogram({
    name: 'vllm:request_time_per_output_token_seconds',
    ...{ source: 'runs', bounds: figureBounds.intervalSeconds },
    help: 'Mean time per token of a request after its first; 0 for one token',
    tally: ({ runs }) => runs.tokenSeconds,
  }),
  histogram({
    ...{ name: 'vllm:e2e_request_latency_seconds', source: 'runs', bounds: requestSeconds },
    help: 'Time from the request to its last token',
    tally: ({ runs }) => runs.wholeSeconds,
  }),
  histogram({
    ...{ name: 'vllm:request_queue_time_seconds', source: 'runs', bounds: requestSeconds },
    help: 'Time that a request waited, without the load of its model',
    tally: ({ runs }) => runs.queueSeconds,
  }),
  histogram({
    ...{ name: 'vllm:request_prefill_time_seconds', source: 'runs', bounds: requestSeconds },
    help: 'Time from the start of the prompt to the first token',
    tally: ({ runs }) => runs.prefillSeconds,
  }),
  histogram({
    ...{ name: 'vllm:request_decode_time_seconds', source: 'runs', bounds: requestSeconds },
    help: 'Time from the first token of a request to its last',
    tally: ({ runs }) => runs.decodeSeconds,
  }),
  histogram({
    ...{ name: 'vllm:request_inference_time_seconds', source: 'runs', bounds: requestSeconds },
    help: 'Time from the start of the prompt to the last token',
    tally: ({ runs }) => runs.inferenceSeconds,
  }),
  histogram({
    ...{ name: 'vllm:request_prompt_tokens', source: 'runs', bounds: requestTokens },
    help: 'Tokens in the prompt of a request',
    tally: ({ runs }) => runs.promptTokens,
  }),
  histogram({
    ...{ name: 'vllm:request_prefill_kv_computed_tokens', source: 'runs', bounds: requestTokens },
    help: 'Tokens in the prompt of a request that had to be computed',
    tally: ({ runs }) => runs.computedTokens,
  }),
  histogram({
    ...{ name: 'vllm:request_generation_tokens', source: 'runs', bounds: requestTokens },
    help: 'Tokens that a request generated',
    tally: ({ runs }) => runs.outputTokens,
  }),
  histogram({
    ...{ name: 'vllm:request_max_num_generation_tokens', source: 'runs', bounds: requestTokens },
    help: 'Tokens of the longest choice of a request; each choice is a request of its own here',
    tally: ({ runs }) => runs.outputTokens,
  }),
  histogram({
    ...{ name: 'vllm:request_params_max_tokens', source: 'runs', bounds: requestTokens },
    help: 'Maximum number of tokens that a request asked for',
    tally: ({ runs }) => runs.maxTokens,
  }),
  histogram({
    ...{ name: 'vllm:request_params_n', source: 'runs', bounds: choices },
    help: 'Number of choices that a request asked for; each is a request of its own here',
    tally: ({ runs }) => runs.choices,
  }),
  histogram({
    ...{ name: 'vllm:iteration_tokens_total', source: 'engine', bounds: figureBounds.tokens },
    help: 'Tokens that a step computes, for all requests together',
    tally: ({ engine }) => engine.stepTokens,
  }),
];
