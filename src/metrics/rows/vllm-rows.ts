/**
 * vLLM's metrics under its own names and labels (0.32, `v1/metrics/loggers.py`), so that its dashboards, and routers that
 * read them, need no change.
 */
import type { MetricRow, NumberRow } from './metric-row.ts';
import { vllmRequestRows } from './vllm-request-rows.ts';
import { counter, gauge, labelsOf, modelLabels, splitCounter } from './vllm-row.ts';

/** The smallest block that the prefix scorer of the llm-d router takes. */
const BLOCK_TOKENS = 64;

const liveRows: readonly NumberRow[] = [
  gauge('vllm:num_requests_running', 'Requests that the model works on', ({ running }) => running),
  gauge('vllm:num_requests_waiting', 'Requests that wait for the model', ({ waiting }) => waiting),
  {
    name: 'vllm:num_requests_waiting_by_reason',
    help: 'Waiting requests: for a slot or memory (capacity), or for the load of the model (deferred)',
    ...{ source: 'live', type: 'gauge', labels: [...modelLabels, 'reason'] },
    read: ({ moment }) =>
      moment.models.flatMap((model) => [
        { labels: labelsOf(model, { reason: 'capacity' }), value: model.waiting - model.waitingForLoad },
        { labels: labelsOf(model, { reason: 'deferred' }), value: model.waitingForLoad },
      ]),
  },
  {
    name: 'vllm:kv_cache_usage_perc',
    help: 'Part of the KV cache that running requests hold, from 0 to 1, as of the last second',
    ...{ source: 'live', type: 'gauge', labels: modelLabels },
    read: ({ moment, models }) =>
      moment.models.flatMap((model) => {
        if (!model.isLoaded) return [];
        const held = models.find(({ name }) => name === model.name)?.engine.heldTokens ?? 0;
        return [{ labels: labelsOf(model), value: Math.min(1, held / Math.max(1, model.capacity)) }];
      }),
  },
  {
    name: 'vllm:engine_sleep_state',
    help: 'Whether a model is loaded (awake); the other states do not occur',
    ...{ source: 'live', type: 'gauge', labels: [...modelLabels, 'sleep_state'] },
    read: ({ moment }) =>
      moment.models.flatMap((model) =>
        model.isLoaded
          ? [
              { labels: labelsOf(model, { sleep_state: 'awake' }), value: model.isReady ? 1 : 0 },
              { labels: labelsOf(model, { sleep_state: 'weights_offloaded' }), value: 0 },
              { labels: labelsOf(model, { sleep_state: 'discard_all' }), value: 0 },
            ]
          : [],
      ),
  },
  {
    name: 'vllm:cache_config_info',
    help: 'Size of the KV cache in blocks; the value is always 1',
    ...{ source: 'live', type: 'gauge', labels: [...modelLabels, 'block_size', 'num_gpu_blocks'] },
    read: ({ moment }) =>
      moment.models.flatMap((model) => {
        if (!model.isLoaded) return [];
        const blocks = Math.floor(model.capacity / BLOCK_TOKENS);
        const config = { block_size: String(BLOCK_TOKENS), num_gpu_blocks: String(blocks) };
        return [{ labels: labelsOf(model, config), value: 1 }];
      }),
  },
];

const tokenRows: readonly NumberRow[] = [
  counter(
    'vllm:prompt_tokens_total',
    'Tokens of prompts, reused ones among them',
    'engine',
    (model) => model.engine.promptTokens,
  ),
  counter(
    'vllm:prompt_tokens_cached_total',
    'Tokens of prompts whose state was reused',
    'engine',
    (model) => model.engine.reusedTokens,
  ),
  splitCounter({
    name: 'vllm:prompt_tokens_by_source_total',
    help: 'Tokens of prompts: computed, found in a slot, or brought back from host memory or disk',
    source: 'engine',
    label: 'source',
    values: ({ engine: { prefixTokens } }) => ({
      local_compute: prefixTokens.computed,
      local_cache_hit: prefixTokens.slot,
      external_kv_transfer: prefixTokens.memory + prefixTokens.disk,
    }),
  }),
  splitCounter({
    name: 'vllm:prompt_tokens_cached_by_source_total',
    help: 'Reused tokens of prompts by where their state was: a slot (device), host memory, disk',
    source: 'engine',
    label: 'source',
    values: ({ engine: { prefixTokens } }) => ({
      device: prefixTokens.slot,
      host: prefixTokens.memory,
      disk: prefixTokens.disk,
    }),
  }),
  counter(
    'vllm:generation_tokens_total',
    'Generated tokens',
    'engine',
    (model) => model.engine.generatedTokens,
  ),
  counter(
    'vllm:prefix_cache_queries_total',
    'Tokens of prompts that were looked up in the slots',
    'engine',
    (model) => model.engine.promptTokens,
  ),
  counter(
    'vllm:prefix_cache_hits_total',
    'Tokens of prompts that were found in a slot',
    'engine',
    (model) => model.engine.prefixTokens.slot,
  ),
  counter(
    'vllm:external_prefix_cache_queries_total',
    'Tokens of prompts that no slot had, looked up in host memory and on disk',
    'engine',
    ({ engine }) => engine.promptTokens - engine.prefixTokens.slot,
  ),
  counter(
    'vllm:external_prefix_cache_hits_total',
    'Tokens of prompts that were found in host memory or on disk',
    'engine',
    ({ engine }) => engine.prefixTokens.memory + engine.prefixTokens.disk,
  ),
  counter(
    'vllm:num_preemptions_total',
    'Times that a running request lost computed tokens, which were computed again',
    'engine',
    (model) => model.engine.preemptions,
  ),
];

const draftRows: readonly NumberRow[] = [
  counter(
    'vllm:spec_decode_num_drafts_total',
    'Drafts that were checked',
    'engine',
    (model) => model.engine.drafts,
  ),
  counter(
    'vllm:spec_decode_num_draft_tokens_total',
    'Drafted tokens that were checked',
    'engine',
    (model) => model.engine.draftedTokens,
  ),
  counter(
    'vllm:spec_decode_num_accepted_tokens_total',
    'Drafted tokens that were accepted',
    'engine',
    (model) => model.engine.acceptedTokens,
  ),
  splitCounter({
    name: 'vllm:spec_decode_num_accepted_tokens_per_pos_total',
    help: 'Drafted tokens that were accepted, by their position in the draft',
    source: 'engine',
    label: 'position',
    values: ({ engine }) => Object.fromEntries(engine.acceptedAt.map((count, position) => [position, count])),
  }),
];

export const vllmRows: readonly MetricRow[] = [...liveRows, ...tokenRows, ...draftRows, ...vllmRequestRows];
