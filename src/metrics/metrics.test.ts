import { describe, expect, it } from 'vitest';
import { metricSamples, metricValue } from '../../test/fakes/metric-lines.ts';
import { OllamaError } from '../base/errors.ts';
import type { RunRecord } from '../runs/run-record.ts';
import type { LiveModel, LiveSource } from './figures/live-figures.ts';
import { Metrics } from './metrics.ts';

const run: RunRecord = {
  requestId: 'req_1',
  kind: 'chat',
  model: 'smol:latest',
  client: 'ann',
  priority: 0,
  asked: { maxTokens: 100 },
  times: { started: 1000, queued: 1010, granted: 3010, firstToken: 3110, lastToken: 4110, ended: 4120 },
  loadMs: 1500,
  prefillMs: 90,
  decodeMs: 1000,
  tokens: { prompt: 30, cached: 10, thinking: 4, output: 11 },
  drafts: { drafted: 0, accepted: 0 },
  loads: [],
  calls: 0,
  outcome: 'stop',
};
const loaded: LiveModel = {
  name: 'smol:latest',
  state: 'ready',
  contextLength: 1000,
  slots: 4,
  activeRequests: 3,
  predictedBytes: 5e8,
};

function counting(live: Partial<LiveSource> = {}) {
  const clock = { now: 0 };
  const metrics = new Metrics({
    ...{ version: '1.2.3', llamaCpp: true, now: () => clock.now },
    modelName: (listed) => (listed === 'nick' ? 'smol:latest' : listed),
    live: {
      models: () => [],
      waiting: () => [],
      memory: () => [],
      upstreams: () => [],
      diskBytes: () => undefined,
      ...live,
    },
  });
  const read = async () => {
    clock.now += 3000;
    const { chunks } = await metrics.page('prometheus');
    return metricSamples(Buffer.concat(chunks).toString());
  };
  return { metrics, read };
}

const smol = { model_name: 'smol:latest', engine: '0' };

describe('Metrics', () => {
  it('divides the time of a run into waiting, prompt and answer, without the load', async () => {
    const { metrics, read } = counting();
    metrics.ended(run);
    const samples = await read();
    const sums = (name: string) => [
      metricValue(samples, `vllm:${name}_sum`, smol),
      metricValue(samples, `vllm:${name}_count`, smol),
    ];
    expect({
      queue: sums('request_queue_time_seconds'),
      prefill: sums('request_prefill_time_seconds'),
      decode: sums('request_decode_time_seconds'),
      inference: sums('request_inference_time_seconds'),
      whole: sums('e2e_request_latency_seconds'),
      firstToken: sums('time_to_first_token_seconds'),
      perToken: sums('request_time_per_output_token_seconds'),
      prompt: sums('request_prompt_tokens'),
      computed: sums('request_prefill_kv_computed_tokens'),
      output: sums('request_generation_tokens'),
      most: sums('request_params_max_tokens'),
    }).toEqual({
      queue: [0.5, 1],
      prefill: [0.09, 1],
      decode: [1, 1],
      inference: [1.09, 1],
      whole: [3.11, 1],
      firstToken: [2.11, 1],
      perToken: [0.1, 1],
      prompt: [30, 1],
      computed: [20, 1],
      output: [11, 1],
      most: [100, 1],
    });
  });

  it('counts how runs end in the words of vLLM, and only those that an engine had', async () => {
    const { metrics, read } = counting();
    const busy = new OllamaError('busy', 'full');
    const ends: Partial<RunRecord>[] = [
      { outcome: 'stop' },
      { outcome: 'length' },
      { outcome: 'canceled' },
      { outcome: 'failed', error: new OllamaError('runner-failed', 'crash') },
      { outcome: 'failed', error: busy },
      { outcome: 'refused', error: new OllamaError('invalid-request', 'no') },
      { outcome: 'load' },
      { outcome: 'unload' },
      { outcome: 'done' },
      { kind: 'embed', outcome: 'done' },
      { kind: 'tokenize', outcome: 'done' },
    ];
    for (const end of ends) metrics.ended({ ...run, ...end });
    const samples = await read();
    const finished = (reason: string) =>
      metricValue(samples, 'vllm:request_success_total', { ...smol, finished_reason: reason });
    expect(['stop', 'length', 'abort', 'error'].map(finished)).toEqual([2, 1, 1, 1]);
    expect(metricValue(samples, 'vllm:admission_rejections_total', { model_name: 'smol:latest' })).toBe(1);
    expect(metricValue(samples, 'vllm:e2e_request_latency_seconds_count')).toBe(3);
  });

  it('counts an alias for its model', async () => {
    const { metrics, read } = counting();
    metrics.ended(run);
    metrics.ended({ ...run, model: 'nick' });
    expect(metricValue(await read(), 'vllm:request_prompt_tokens_sum', smol)).toBe(60);
  });

  it('makes no label of a model that does not exist, and forgets the model that was used longest ago', async () => {
    const { metrics, read } = counting();
    const { model: _, ...unknown } = run;
    metrics.ended({
      ...unknown,
      outcome: 'refused',
      error: new OllamaError('not-found', 'model "evil" not found'),
    });
    for (let number = 0; number < 1000; number++) metrics.ended({ ...run, model: `model-${number}` });
    const models = new Set((await read()).flatMap(({ labels }) => labels.model_name ?? []));
    expect(models.size).toBe(50);
    expect(models.has('model-999')).toBe(true);
    expect([...models].join()).not.toMatch(/evil|undefined|model-1,/);
  });

  it('bounds the labels of keys, routes and methods', async () => {
    const { metrics, read } = counting();
    for (let number = 0; number < 5000; number++) {
      metrics.ended({ ...run, keyId: `key_${number}`, keyName: `key ${number}` });
      metrics.answered({ method: `M${number}`, route: undefined, status: 404, milliseconds: 1 });
    }
    metrics.answered({ method: 'POST', route: '/api/chat', status: 200, milliseconds: 400 });
    const samples = await read();
    expect(new Set(samples.flatMap(({ labels }) => labels.key ?? [])).size).toBe(200);
    const handlers = samples.filter(({ name }) => name === 'http_requests_total');
    expect(handlers.map(({ labels, value }) => [labels, value])).toEqual([
      [{ handler: 'other', method: 'other', status: '4xx' }, 5000],
      [{ handler: '/api/chat', method: 'POST', status: '2xx' }, 1],
    ]);
    expect(metricValue(samples, 'http_request_duration_seconds_sum', { handler: '/api/chat' })).toBe(0.4);
    expect(metricValue(samples, 'ollama_http_requests_total', { route: 'other', status: '404' })).toBe(5000);
  });

  it('leaves out of the general metrics what only looks at the server', async () => {
    const { metrics, read } = counting();
    for (const route of ['/metrics', '/health'])
      metrics.answered({ method: 'GET', route, status: 200, milliseconds: 1 });
    const samples = await read();
    expect(metricValue(samples, 'http_requests_total')).toBeUndefined();
    expect(metricValue(samples, 'ollama_http_requests_total')).toBe(2);
  });

  it('counts requests and tokens by the name of their key', async () => {
    const { metrics, read } = counting();
    for (const outcome of ['stop', 'length', 'refused', 'failed', 'canceled'] as const)
      metrics.ended({ ...run, outcome, keyId: 'key_1', keyName: 'Team "A"' });
    const samples = await read();
    const key = 'Team \\"A\\"';
    const results = ['ok', 'refused', 'failed', 'canceled'].map((result) =>
      metricValue(samples, 'ollama_key_requests_total', { key, result }),
    );
    expect(results).toEqual([2, 1, 1, 1]);
    const tokens = ['prompt', 'cached', 'output', 'thinking'].map((kind) =>
      metricValue(samples, 'ollama_key_tokens_total', { key, kind }),
    );
    expect(tokens).toEqual([150, 50, 55, 20]);
  });

  it('drops the gauges of a model that is unloaded, and keeps its counters', async () => {
    let models = [loaded];
    const { metrics, read } = counting({ models: () => models });
    metrics.loadEnded('smol:latest', 'loaded', 700);
    metrics.ended(run);
    const before = await read();
    expect(metricValue(before, 'vllm:num_requests_running', smol)).toBe(3);
    expect(metricValue(before, 'vllm:cache_config_info', { ...smol, num_gpu_blocks: '62' })).toBe(1);
    expect(metricValue(before, 'ollama_models_loaded')).toBe(1);
    models = [];
    const after = await read();
    const gauges = ['num_requests_running', 'kv_cache_usage_perc', 'engine_sleep_state', 'cache_config_info'];
    expect(gauges.map((name) => metricValue(after, `vllm:${name}`))).toEqual(gauges.map(() => undefined));
    expect(metricValue(after, 'ollama_memory_estimate_bytes')).toBeUndefined();
    expect(metricValue(after, 'vllm:e2e_request_latency_seconds_count', smol)).toBe(1);
    expect(metricValue(after, 'ollama_model_loads_total', { result: 'loaded' })).toBe(1);
    expect(metricValue(after, 'ollama_models_loaded')).toBe(0);
  });

  it('shows waiting requests by priority and reason, and none as zero', async () => {
    const wait = { name: 'smol:latest', priority: 0, waitedMs: 100, reason: 'slot' } as const;
    let waiting = [wait, { ...wait, priority: -1, waitedMs: 4000 }, { ...wait, reason: 'load' as const }];
    const { read } = counting({ waiting: () => waiting });
    const busy = await read();
    const lengths = ['0', '-1'].map((priority) => metricValue(busy, 'ollama_queue_length', { priority }));
    expect(lengths).toEqual([2, 1]);
    expect(metricValue(busy, 'ollama_queue_oldest_seconds')).toBe(4);
    const byReason = ['capacity', 'deferred'].map((reason) =>
      metricValue(busy, 'vllm:num_requests_waiting_by_reason', { ...smol, reason }),
    );
    expect([metricValue(busy, 'vllm:num_requests_waiting', smol), byReason]).toEqual([3, [2, 1]]);
    waiting = [];
    const idle = await read();
    expect([
      metricValue(idle, 'ollama_queue_length'),
      metricValue(idle, 'ollama_queue_oldest_seconds'),
    ]).toEqual([0, 0]);
  });

  it('forgets what a runner held that died', async () => {
    const { metrics, read } = counting({ models: () => [loaded] });
    const { EngineMeter } = await import('../engine/figures/engine-meter.ts');
    metrics.counted('smol:latest', new EngineMeter().take(1000));
    expect(metricValue(await read(), 'vllm:kv_cache_usage_perc', smol)).toBe(0.25);
    metrics.died('smol:latest', { signal: 'SIGKILL' });
    const samples = await read();
    expect(metricValue(samples, 'vllm:kv_cache_usage_perc', smol)).toBe(0);
    expect(metricValue(samples, 'ollama_runner_restarts_total', { reason: 'SIGKILL' })).toBe(1);
  });

  it('has every metric of its table on the page, in both formats', async () => {
    const { metrics } = counting();
    const { metricTable } = await import('./metric-table.ts');
    const bytes = Buffer.concat((await metrics.page('prometheus')).chunks);
    const types = [...bytes.toString().matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name, type]) => [
      name,
      type,
    ]);
    expect(types).toEqual(metricTable({ llamaCpp: true }).map(({ name, type }) => [name, type]));
    const open = await metrics.page('openMetrics');
    expect(open.type).toMatch(/^application\/openmetrics-text/);
    expect(Buffer.concat(open.chunks).toString()).toMatch(/\n# EOF\n$/);
  });
});
