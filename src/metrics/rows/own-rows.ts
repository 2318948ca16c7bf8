/** Metrics that vLLM does not have. */
import { callKinds, figureBounds, prefixSources } from '../../protocol/engine-figures.ts';
import { loadSeconds } from '../figures/bounds.ts';
import { keyResults, tokenKinds } from '../figures/key-figures.ts';
import type { Moment } from '../figures/live-figures.ts';
import { loadResults } from '../figures/model-figures.ts';
import type { MetricRow, NumberRow, Sample } from './metric-row.ts';

const MILLISECONDS = 1000;

/** A metric of the whole server with one value. */
function single(
  row: Omit<NumberRow, 'labels' | 'read'>,
  value: NumberRow['read'] extends (state: infer S) => unknown ? (state: S) => number | undefined : never,
): NumberRow {
  return {
    ...row,
    labels: [],
    read: (state) => {
      const found = value(state);
      return found === undefined ? [] : [{ labels: {}, value: found }];
    },
  };
}

function queueLengths({ waiting }: Moment): Sample[] {
  // The usual priority is always there, so that an empty queue is not a missing one.
  const counts = new Map([[0, 0]]);
  for (const { priority } of waiting) counts.set(priority, (counts.get(priority) ?? 0) + 1);
  return [...counts].map(([priority, value]) => ({ labels: { priority: String(priority) }, value }));
}

const schedulerRows: readonly MetricRow[] = [
  {
    ...{ name: 'ollama_queue_length', type: 'gauge', labels: ['priority'], source: 'live' },
    help: 'Waiting requests by priority',
    read: ({ moment }) => queueLengths(moment),
  },
  single(
    {
      ...{ name: 'ollama_queue_oldest_seconds', type: 'gauge', source: 'live' },
      help: 'How long the oldest waiting request has waited',
    },
    ({ moment }) => Math.max(0, ...moment.waiting.map(({ waitedMs }) => waitedMs)) / MILLISECONDS,
  ),
  single(
    { name: 'ollama_models_loaded', type: 'gauge', source: 'live', help: 'Loaded models' },
    ({ moment }) => moment.models.filter(({ isReady }) => isReady).length,
  ),
  {
    ...{ name: 'ollama_memory_estimate_bytes', type: 'gauge', labels: ['model'], source: 'live' },
    help: 'Memory that a loaded model was predicted to take',
    read: ({ moment }) =>
      moment.models.flatMap(({ name, isLoaded, predictedBytes }) =>
        isLoaded ? [{ labels: { model: name }, value: predictedBytes }] : [],
      ),
  },
  {
    ...{ name: 'ollama_device_memory_bytes', type: 'gauge', labels: ['device', 'kind'], source: 'process' },
    help: 'Memory of the system and of each GPU: total and free',
    read: ({ live }) =>
      live.memory().flatMap(({ device, totalBytes, freeBytes }) => [
        { labels: { device, kind: 'total' }, value: totalBytes },
        { labels: { device, kind: 'free' }, value: freeBytes },
      ]),
  },
  {
    ...{
      name: 'ollama_model_loads_total',
      type: 'counter',
      labels: ['model', 'result'],
      source: 'scheduler',
    },
    help: 'Loads that ended: loaded, failed or canceled',
    read: ({ models }) =>
      models.flatMap(({ name, loads }) =>
        loadResults.map((result) => ({ labels: { model: name, result }, value: loads[result] })),
      ),
  },
  {
    ...{ name: 'ollama_model_load_seconds', type: 'histogram', labels: ['model'], source: 'scheduler' },
    bounds: loadSeconds,
    help: 'Time that a successful load took',
    read: ({ models }) =>
      models.map((model) => ({ labels: { model: model.name }, tally: model.loadSeconds })),
  },
  single(
    {
      ...{ name: 'ollama_model_evictions_total', type: 'counter', source: 'scheduler' },
      help: 'Models that were unloaded because another needed their memory',
    },
    ({ evictions }) => evictions,
  ),
  {
    ...{ name: 'ollama_runner_restarts_total', type: 'counter', labels: ['reason'], source: 'scheduler' },
    help: 'Runners that died, by signal or "exit"; the next request starts another',
    read: ({ deaths }) => [...deaths].map(([reason, value]) => ({ labels: { reason }, value })),
  },
];

const engineRows: readonly MetricRow[] = [
  {
    ...{ name: 'ollama_step_seconds', type: 'histogram', labels: ['model', 'kind'], source: 'engine' },
    bounds: figureBounds.callSeconds,
    help: 'Time of one call of the engine: parts of prompts (prefill), next tokens (decode), or both (mixed)',
    read: ({ models }) =>
      models.flatMap(({ name, engine }) =>
        callKinds.map((kind) => ({ labels: { model: name, kind }, tally: engine.callSeconds[kind] })),
      ),
  },
  {
    ...{ name: 'ollama_batch_tokens', type: 'histogram', labels: ['model'], source: 'engine' },
    bounds: figureBounds.tokens,
    help: 'Tokens in one call of the engine, with drafts and padding',
    read: ({ models }) =>
      models.map(({ name, engine }) => ({ labels: { model: name }, tally: engine.callTokens })),
  },
  {
    ...{ name: 'ollama_prefix_tokens_total', type: 'counter', labels: ['model', 'source'], source: 'engine' },
    help: 'Tokens of prompts by where their state came from: slot, memory, disk, or computed',
    read: ({ models }) =>
      models.flatMap(({ name, engine }) =>
        prefixSources.map((source) => ({
          labels: { model: name, source },
          value: engine.prefixTokens[source],
        })),
      ),
  },
  single(
    {
      ...{ name: 'ollama_kv_disk_bytes', type: 'gauge', source: 'process' },
      help: 'Size of the saved conversations, looked up every minute at most',
    },
    ({ live }) => live.diskBytes(),
  ),
];

const kvEventRows: readonly MetricRow[] = [
  single(
    {
      ...{ name: 'ollama_kv_event_batches_total', type: 'counter', source: 'process' },
      help: 'Batches of events about the KV caches that were published',
    },
    ({ live }) => live.kvEvents?.()?.batches,
  ),
  single(
    {
      ...{ name: 'ollama_kv_event_skips_total', type: 'counter', source: 'process' },
      help: 'Batches of events that a reader was too slow for, each once for each reader',
    },
    ({ live }) => live.kvEvents?.()?.skipped,
  ),
  single(
    {
      ...{ name: 'ollama_kv_event_losses_total', type: 'counter', source: 'process' },
      help: 'Reports about KV caches that came faster than they were published, so that the engine began again',
    },
    ({ live }) => live.kvEvents?.()?.lost,
  ),
  single(
    {
      ...{ name: 'ollama_kv_event_blocks', type: 'gauge', source: 'process' },
      help: 'Blocks of tokens that the published events describe as stored',
    },
    ({ live }) => live.kvEvents?.()?.blocks,
  ),
];

const serverRows: readonly MetricRow[] = [
  {
    ...{ name: 'ollama_build_info', type: 'gauge', labels: ['version'], source: 'process' },
    help: 'Version of the server; the value is always 1',
    read: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  single(
    {
      ...{ name: 'ollama_pull_bytes_total', type: 'counter', source: 'server' },
      help: 'Bytes that pulls have received',
    },
    ({ pulledBytes }) => pulledBytes,
  ),
  {
    ...{ name: 'ollama_key_requests_total', type: 'counter', labels: ['key', 'result'], source: 'runs' },
    help: 'Requests for models by API key: ok, canceled, refused or failed',
    read: ({ keys }) =>
      [...keys.values()].flatMap(({ name, requests }) =>
        keyResults.map((result) => ({ labels: { key: name, result }, value: requests[result] })),
      ),
  },
  {
    ...{ name: 'ollama_key_tokens_total', type: 'counter', labels: ['key', 'kind'], source: 'runs' },
    help: 'Tokens by API key: prompt, and the cached part of it; output, and the thinking part of it',
    read: ({ keys }) =>
      [...keys.values()].flatMap(({ name, tokens }) =>
        tokenKinds.map((kind) => ({ labels: { key: name, kind }, value: tokens[kind] })),
      ),
  },
  {
    ...{ name: 'ollama_http_requests_total', type: 'counter', labels: ['route', 'status'], source: 'server' },
    help: 'HTTP requests by route and status; quick replies to version checks are not counted',
    read: ({ http }) =>
      [...http.counts()].map(({ route, status, requests }) => ({
        labels: { route, status },
        value: requests,
      })),
  },
];

export const ownRows: readonly MetricRow[] = [...schedulerRows, ...engineRows, ...kvEventRows, ...serverRows];
