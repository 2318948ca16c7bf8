/** The metrics of a real model after known traffic, under the names that vLLM's dashboards read. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type MetricSample, metricSamples, metricValue } from '../../fakes/metric-lines.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post } from '../support/server-requests.ts';
import { dashboardMetrics, unclaimedMetrics } from '../support/vllm-dashboards.ts';

/** A child reports once a second, and the page is two seconds old at most; a busy machine takes longer. */
const PATIENCE_MS = 20_000;
/** No figure on the page is older. */
const PAGE_AGE_MS = 2000;

const prompt = 'red green blue red green blue red green blue red green blue red green blue red green';
const model = { model_name: 'smol:latest', engine: '0' };

interface Counts {
  readonly prompt_eval_count: number;
  readonly prompt_eval_cached?: number;
  readonly eval_count: number;
}

let server: TestServer;
const replies: Counts[] = [];
let samples: MetricSample[] = [];

async function read(): Promise<MetricSample[]> {
  return metricSamples(await (await fetch(`${server.url}/metrics`)).text());
}

/** Reads the metrics until they contain all that the replies have reported. */
async function settled(isSettled: (samples: readonly MetricSample[]) => boolean): Promise<MetricSample[]> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await read();
    if (isSettled(found) || Date.now() > deadline) return found;
    await pause(200);
  }
}

function total(field: keyof Counts): number {
  return replies.reduce((sum, reply) => sum + (reply[field] ?? 0), 0);
}

async function generate(fields: object): Promise<void> {
  const request = { model: 'smol', raw: true, stream: false, verbose_metrics: true, ...fields };
  const { status, body } = await post(server, '/api/generate', request);
  expect(status, JSON.stringify(body)).toBe(200);
  replies.push(body as Counts);
}

beforeAll(async () => {
  server = await startTestServer({ env: { OLLAMA_METRICS_LLAMACPP: '1' } });
  await createModel(server, 'smol', inject('smolModelPath'), {
    parameters: { num_ctx: 512, temperature: 0 },
  });
  // The same prompt again comes from the slot; the repetition is drafted.
  for (let count = 0; count < 3; count++) await generate({ prompt, options: { num_predict: 40 } });
  await Promise.all(
    ['Once', 'Twice', 'Thrice'].map((word) =>
      generate({ prompt: `${word} upon a time`, options: { num_predict: 12 } }),
    ),
  );
  await post(server, '/api/generate', { model: 'not-there', prompt });
  await settled((found) => metricValue(found, 'vllm:generation_tokens_total', model) === total('eval_count'));
  await pause(PAGE_AGE_MS);
  samples = await read();
});
afterAll(() => server[Symbol.asyncDispose]());

describe('GET /metrics', () => {
  it.each(dashboardMetrics.values)('has %s', (name) => {
    expect(metricValue(samples, name)).toBeGreaterThanOrEqual(0);
  });

  it.each(dashboardMetrics.histograms)('has %s', (name) => {
    const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
    expect(buckets.length).toBeGreaterThan(3);
    const count = metricValue(samples, `${name}_count`);
    const all = metricValue(buckets, `${name}_bucket`, { le: '+Inf' });
    expect(all).toBe(count);
    expect(count).toBeGreaterThan(0);
    expect(metricValue(samples, `${name}_sum`)).toBeGreaterThanOrEqual(0);
  });

  it.each(Object.keys(unclaimedMetrics))('does not claim %s', (beginning) => {
    expect(samples.filter(({ name }) => name.startsWith(beginning))).toEqual([]);
  });

  it('counts the tokens that the replies report', () => {
    expect(metricValue(samples, 'vllm:generation_tokens_total', model)).toBe(total('eval_count'));
    expect(metricValue(samples, 'vllm:prompt_tokens_total', model)).toBe(total('prompt_eval_count'));
    expect(metricValue(samples, 'vllm:prompt_tokens_cached_total', model)).toBe(total('prompt_eval_cached'));
    expect(metricValue(samples, 'vllm:request_generation_tokens_sum', model)).toBe(total('eval_count'));
    expect(metricValue(samples, 'vllm:request_prompt_tokens_sum', model)).toBe(total('prompt_eval_count'));
    const computed = total('prompt_eval_count') - total('prompt_eval_cached');
    expect(metricValue(samples, 'vllm:request_prefill_kv_computed_tokens_sum', model)).toBe(computed);
    expect(metricValue(samples, 'llamacpp:tokens_predicted_total')).toBe(total('eval_count'));
    expect(metricValue(samples, 'llamacpp:prompt_tokens_total')).toBe(computed);
  });

  it('counts each request once in every histogram of requests', () => {
    const histograms = dashboardMetrics.histograms.filter(
      (name) => name.startsWith('vllm:') && !/inter_token|iteration/.test(name),
    );
    const counts = histograms.map((name) => [name, metricValue(samples, `${name}_count`, model)]);
    expect(counts).toEqual(histograms.map((name) => [name, replies.length]));
    expect(metricValue(samples, 'vllm:request_success_total', model)).toBe(replies.length);
    const unfinished = ['abort', 'error'].map((finished_reason) =>
      metricValue(samples, 'vllm:request_success_total', { ...model, finished_reason }),
    );
    expect(unfinished).toEqual([0, 0]);
  });

  it('finds a repeated prompt in the prefix cache, and drafts repetitive text', () => {
    expect(metricValue(samples, 'vllm:prefix_cache_hits_total', model)).toBeGreaterThan(0);
    const sources = ['slot', 'memory', 'disk', 'computed'].map(
      (source) => metricValue(samples, 'ollama_prefix_tokens_total', { source }) ?? Number.NaN,
    );
    expect(sources.reduce((sum, tokens) => sum + tokens, 0)).toBe(total('prompt_eval_count'));
    expect(metricValue(samples, 'vllm:spec_decode_num_drafts_total', model)).toBeGreaterThan(0);
    const accepted = metricValue(samples, 'vllm:spec_decode_num_accepted_tokens_total', model) ?? 0;
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThanOrEqual(
      metricValue(samples, 'vllm:spec_decode_num_draft_tokens_total', model) ?? 0,
    );
    expect(metricValue(samples, 'vllm:spec_decode_num_accepted_tokens_per_pos_total', model)).toBe(accepted);
  });

  it('has times that fit together', () => {
    const sum = (name: string) => metricValue(samples, `vllm:${name}_seconds_sum`, model) ?? Number.NaN;
    expect(sum('request_prefill_time') + sum('request_decode_time')).toBeCloseTo(
      sum('request_inference_time'),
      3,
    );
    expect(sum('request_inference_time')).toBeLessThanOrEqual(sum('e2e_request_latency'));
    expect(sum('time_to_first_token')).toBeLessThanOrEqual(sum('e2e_request_latency'));
    expect(sum('inter_token_latency')).toBeGreaterThan(0);
    expect(metricValue(samples, 'ollama_step_seconds_sum', { model: 'smol:latest' })).toBeGreaterThan(0);
    expect(metricValue(samples, 'ollama_model_load_seconds_count', { model: 'smol:latest' })).toBe(1);
  });

  it('makes no label of a model that does not exist', () => {
    expect(JSON.stringify(samples)).not.toContain('not-there');
  });

  it('shows what runs now, and nothing of it when the model is unloaded', async () => {
    const abort = new AbortController();
    const running = fetch(`${server.url}/api/generate`, {
      method: 'POST',
      body: JSON.stringify({
        model: 'smol',
        prompt: 'Tell me a story',
        options: { num_predict: 400, num_ctx: 512 },
      }),
      signal: abort.signal,
    }).then((response) => response.text());
    running.catch(() => undefined);
    const held = (found: readonly MetricSample[]) =>
      (metricValue(found, 'vllm:kv_cache_usage_perc', model) ?? 0) > 0;
    const busy = await settled(held);
    expect(metricValue(busy, 'vllm:num_requests_running', model)).toBe(1);
    expect(metricValue(busy, 'vllm:kv_cache_usage_perc', model)).toBeLessThan(1);
    abort.abort();
    await post(server, '/api/generate', { model: 'smol', keep_alive: 0 });
    const gone = await settled(
      (found) => metricValue(found, 'vllm:num_requests_running', model) === undefined,
    );
    expect(metricValue(gone, 'vllm:num_requests_running', model)).toBeUndefined();
    expect(metricValue(gone, 'vllm:kv_cache_usage_perc')).toBeUndefined();
    expect(metricValue(gone, 'vllm:generation_tokens_total', model)).toBeGreaterThanOrEqual(
      total('eval_count'),
    );
    expect(metricValue(gone, 'vllm:request_success_total', { ...model, finished_reason: 'abort' })).toBe(1);
  });
});
