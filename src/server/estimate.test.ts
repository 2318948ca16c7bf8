import { afterEach, describe, expect, it } from 'vitest';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import type { EstimateResponse } from '../api/estimate.ts';

let server: ScriptServer;

afterEach(() => server.close());

async function start(): Promise<void> {
  server = await startScriptServer();
  await server.addModel('m');
}

describe('POST /api/estimate', () => {
  it('returns the parts and their sum, and loads nothing', async () => {
    await start();
    const reply = await server.post('/api/estimate', { model: 'm', options: { num_ctx: 512 }, slots: 2 });
    const { memory, ...rest } = (await reply.json()) as EstimateResponse;
    expect(rest).toEqual({ model: 'm:latest', num_ctx: 512, slots: 2, available: 1e12, fits: true });
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
