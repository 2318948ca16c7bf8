import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterEach, describe, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../test/fakes/access/key-records.ts';
import { GatedRunner } from '../../test/fakes/runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import type { EngineEvent } from '../api/engine-events.ts';
import { openApiDocument } from './openapi/document.ts';

let server: ScriptServer;
afterEach(() => server.close());

/** Why a value is not an event as the OpenAPI document describes it; "" = it is one. */
function misfit(value: unknown): string {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const { components } = openApiDocument('1') as { components: object };
  ajv.addSchema({ $id: 'api', components });
  const isValid = ajv.validate({ $ref: 'api#/components/schemas/EngineEvent' }, value);
  return isValid ? '' : `${ajv.errorsText()} in ${JSON.stringify(value)}`;
}

async function open(headers: Record<string, string> = {}) {
  const abort = new AbortController();
  const request = new Request('http://localhost/api/engine/events', { headers, signal: abort.signal });
  const response = await server.app.request(request);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  /** The next event that passes. */
  const next = async (passes: (event: EngineEvent) => boolean = () => true): Promise<EngineEvent> => {
    for (;;) {
      const { value = '' } = (await reader?.read()) ?? {};
      if (!value.startsWith('data: ')) continue;
      const event = JSON.parse(value.slice('data: '.length)) as EngineEvent;
      if (passes(event)) return event;
    }
  };
  return { response, next, close: () => reader?.cancel() };
}

describe('GET /api/engine/events', () => {
  it('begins with all that there is, as the OpenAPI document describes it', async () => {
    server = await startScriptServer({ counts: true });
    await server.addModel('m');
    await server.post('/api/generate', { model: 'm', prompt: 'x', stream: false });
    const { response, next, close } = await open();
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const hello = await next();
    expect(misfit(hello)).toBe('');
    expect(hello).toMatchObject({
      type: 'hello',
      state: { runners: [{ model: 'm:latest', state: 'ready' }] },
    });
    expect(server.runner.watched).toEqual([true]);
    await close();
    await expect.poll(() => server.runner.watched).toEqual([true, false]);
  });

  it('shows the waiting runs, and to whom they belong', async () => {
    const records = [
      keyRecord('ok-anna', { name: 'anna' }),
      keyRecord('ok-watcher', { scopes: ['metrics'] }),
      keyRecord('ok-admin', { scopes: ['admin'] }),
    ];
    const runner = new GatedRunner();
    server = await startScriptServer({ counts: true, runner, keys: await keysOf(records) });
    await server.addModel('m');
    const ask = () =>
      server.post(
        '/api/generate',
        { model: 'm', prompt: 'x', stream: false },
        { Authorization: 'Bearer ok-anna' },
      );
    const answers = [ask(), ask()];
    await expect.poll(() => server.scheduler.waiting()).toHaveLength(1);
    const states: unknown[] = [];
    for (const key of ['ok-watcher', 'ok-admin']) {
      const { next, close } = await open({ Authorization: `Bearer ${key}` });
      const hello = await next();
      expect(misfit(hello)).toBe('');
      states.push(hello.type === 'hello' && { queue: hello.state.queue, runs: hello.state.runs });
      await close();
    }
    const queue = [{ position: 1, model: 'm:latest', waits_for: 'slot' }];
    expect(states).toMatchObject([
      { queue, runs: [{ kind: 'generate', anonymous: true }] },
      { queue, runs: [{ key: 'anna', request_id: expect.any(String), anonymous: false }] },
    ]);
    expect(JSON.stringify(states[0])).not.toContain('anna');
    runner.open();
    await Promise.all(answers);
  });

  it('does not exist where nothing is counted', async () => {
    server = await startScriptServer();
    const { status } = await server.app.request('/api/engine/events');
    expect(status).toBe(404);
  });
});

it('the examples of events are as the OpenAPI document describes them, one of each type', async () => {
  server = await startScriptServer();
  const path = new URL('../../test/fakes/engine/engine-events.json', import.meta.url);
  const events = JSON.parse(readFileSync(path, 'utf8')) as EngineEvent[];
  for (const event of events) expect(misfit(event)).toBe('');
  expect(events.map(({ type }) => type)).toEqual(['hello', 'state', 'steps', 'prompts', 'point', 'lost']);
});
