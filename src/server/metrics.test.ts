import { afterEach, describe, expect, it } from 'vitest';
import { metricSamples, metricValue } from '../../test/fakes/metric-lines.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';

let server: ScriptServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function counting(): Promise<ScriptServer> {
  server = await startScriptServer({ counts: true });
  await server.addModel('m');
  return server;
}

async function samplesOf({ app }: ScriptServer) {
  return metricSamples(await (await app.request('/metrics')).text());
}

const chat = { model: 'm', messages: [{ role: 'user', content: 'one two three' }], stream: false };

describe('GET /metrics', () => {
  it('answers in the format of Prometheus, or in OpenMetrics for whoever reads it', async () => {
    const { app } = await counting();
    const plain = await app.request('/metrics');
    expect(plain.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await plain.text();
    expect(plain.headers.get('Content-Length')).toBe(String(Buffer.byteLength(text)));
    const Accept =
      'application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
    const open = await app.request('/metrics', { headers: { Accept } });
    expect(open.headers.get('Content-Type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
    expect(await open.text()).toMatch(/# EOF\n$/);
  });

  it('counts runs of all dialects for their model, with loads and live requests', async () => {
    const counted = await counting();
    await (await counted.post('/api/chat', chat)).text();
    await (await counted.post('/v1/chat/completions', chat)).text();
    await (await counted.post('/v1/messages', { ...chat, max_tokens: 5 })).text();
    const samples = await samplesOf(counted);
    const model = { model_name: 'm:latest', engine: '0' };
    expect(metricValue(samples, 'vllm:request_success_total', { ...model, finished_reason: 'stop' })).toBe(3);
    expect(metricValue(samples, 'vllm:time_to_first_token_seconds_count', model)).toBe(3);
    expect(metricValue(samples, 'vllm:num_requests_running', model)).toBe(0);
    expect(metricValue(samples, 'ollama_model_loads_total', { model: 'm:latest', result: 'loaded' })).toBe(1);
    expect(metricValue(samples, 'ollama_models_loaded')).toBe(1);
    expect(metricValue(samples, 'ollama_device_memory_bytes', { device: 'system', kind: 'free' })).toBe(1e12);
  });

  it('makes no labels of names and paths that clients make up', async () => {
    const counted = await counting();
    for (let number = 0; number < 50; number++) {
      await counted.post('/api/chat', { ...chat, model: `made-up-${number}` });
      await counted.app.request(`/made-up/${number}?made-up=${number}`);
      await counted.app.request(`/api/blobs/sha256:${'a'.repeat(60)}${1000 + number}`, { method: 'HEAD' });
    }
    const page = await (await counted.app.request('/metrics')).text();
    expect(page).not.toMatch(/made-up|aaaa/);
    const samples = metricSamples(page);
    expect(metricValue(samples, 'ollama_http_requests_total', { route: 'other' })).toBe(50);
    expect(metricValue(samples, 'ollama_http_requests_total', { route: '/api/blobs/:digest' })).toBe(50);
    expect(metricValue(samples, 'http_requests_total', { handler: '/api/chat', status: '4xx' })).toBe(50);
  });

  it('counts a failed load, and the request that waited for it', async () => {
    const failing = await startScriptServer({ counts: true, load: () => Promise.reject(new Error('no')) });
    server = failing;
    await failing.addModel('m');
    await failing.post('/api/chat', chat);
    const samples = await samplesOf(failing);
    expect(metricValue(samples, 'ollama_model_loads_total', { model: 'm:latest', result: 'failed' })).toBe(1);
    expect(metricValue(samples, 'vllm:request_success_total', { finished_reason: 'error' })).toBe(1);
  });

  it('does not exist where the settings switch it off', async () => {
    server = await startScriptServer();
    const { status, headers } = await server.app.request('/metrics');
    expect([status, headers.get('Content-Type')]).toEqual([404, 'application/json; charset=utf-8']);
  });
});
