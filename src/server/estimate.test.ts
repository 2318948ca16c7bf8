import { afterEach, describe, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../test/fakes/access/key-records.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import type { EstimateResponse } from '../api/estimate.ts';
import type { Processor } from '../quantize/speed/processor.ts';

let server: ScriptServer;

afterEach(() => server.close());

async function start(processor?: Processor): Promise<void> {
  server = await startScriptServer(processor && { processor });
  await server.addModel('m');
}

describe('POST /api/estimate', () => {
  it('returns the parts and their sum, and loads nothing', async () => {
    await start();
    const reply = await server.post('/api/estimate', { model: 'm', options: { num_ctx: 512 }, slots: 2 });
    const { memory, ...rest } = (await reply.json()) as EstimateResponse;
    expect(rest).toEqual({
      model: 'm:latest',
      num_ctx: 512,
      slots: 2,
      available: 1e12,
      fits: true,
      evicts: [],
    });
    const { total, ...parts } = memory;
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(total);
    expect(memory.process).toBeGreaterThan(0);
    expect(server.loads).toEqual([]);
  });

  it('assumes as many slots as the server would choose', async () => {
    await start();
    expect(await (await server.post('/api/estimate', { model: 'm' })).json()).toMatchObject({ slots: 1 });
  });

  it.each([
    [{}, 400, /model is required/],
    [{ model: 'none' }, 404, /not found/],
    [{ model: 'm', slots: 0 }, 400, /slots/],
    [{ model: 'm', slots: 1.5 }, 400, /slots/],
    [{ model: 'm', options: { num_ctx: -1 } }, 400, /num_ctx/],
  ])('refuses %j', async (body, status, message) => {
    await start();
    const reply = await server.post('/api/estimate', body);
    expect(reply.status).toBe(status);
    expect(((await reply.json()) as { error: string }).error).toMatch(message);
  });
});

describe('the models that would be unloaded', () => {
  it('are named to whoever may use them', async () => {
    const keys = await keysOf([
      keyRecord('ok-all', { name: 'all', scopes: ['generate', 'read'] }),
      keyRecord('ok-some', { name: 'some', scopes: ['read'], models: ['m'] }),
    ]);
    let free = 1e12;
    server = await startScriptServer({ keys, freeBytes: () => free });
    await server.addModel('m');
    await server.addModel('other', { metadata: { 'general.name': { type: 'string', value: 'other' } } });
    const ask = async (key: string, path: string, body: object) =>
      (await server.post(path, body, { Authorization: `Bearer ${key}` })).json();
    const estimate = async (key: string) =>
      (await ask(key, '/api/estimate', { model: 'm', slots: 1 })) as EstimateResponse;
    await ask('ok-all', '/api/generate', { model: 'other', prompt: 'x', stream: false });
    const { memory, evicts } = await estimate('ok-all');
    expect(evicts).toEqual([]);
    free = memory.total - 1;
    expect((await estimate('ok-all')).evicts).toEqual(['other:latest']);
    expect((await estimate('ok-some')).evicts).toEqual([]);
    expect(server.loads).toHaveLength(1);
  });
});

describe('a type that is slow on the processor', () => {
  const avx512: Processor = { name: 'one', instructions: 'avx512-vnni' };
  const slow = { metadata: { 'general.file_type': { type: 'u32', value: 3 } } } as const;
  const note = { type: 'Q4_1', source: 'known', advice: expect.stringContaining('Q4_1 is slow') };

  it('is named by /api/estimate, and by /api/show on request', async () => {
    await start(avx512);
    await server.addModel('slow', slow);
    const json = async (path: string, body: object) => (await server.post(path, body)).json();
    expect(await json('/api/estimate', { model: 'slow' })).toMatchObject({ speed: note });
    expect(await json('/api/show', { model: 'slow', speed: true })).toMatchObject({ speed: note });
    expect(await json('/api/show', { model: 'slow' })).not.toHaveProperty('speed');
  });

  it('is what a measurement says', async () => {
    await start(avx512);
    await server.addModel('slow', slow);
    const types = [
      { type: 'q4_1', decode: 100, prefill: 400 },
      { type: 'q4_0', decode: 100, prefill: 400 },
    ];
    expect((await server.post('/api/type-speeds', { model: 'slow', types })).status).toBe(200);
    const reply = await server.post('/api/estimate', { model: 'slow' });
    expect(await reply.json()).not.toHaveProperty('speed');
  });

  it.each([
    [{ types: [{ type: 'q4_0', decode: 1, prefill: 1 }] }, /model is required/],
    [{ model: 'm' }, /types: give the speed/],
    [{ model: 'm', types: [] }, /types: give the speed/],
    [{ model: 'm', types: [{ type: 'q4_0', decode: 0, prefill: 1 }] }, /decode/],
  ])('refuses the measurement %j', async (body, message) => {
    await start();
    const reply = await server.post('/api/type-speeds', body);
    expect(reply.status).toBe(400);
    expect(((await reply.json()) as { error: string }).error).toMatch(message);
  });
});
