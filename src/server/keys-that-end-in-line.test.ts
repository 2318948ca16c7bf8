/** Waiting requests whose key becomes invalid. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../test/fakes/access/key-records.ts';
import { GatedRunner } from '../../test/fakes/runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import type { KeyStore } from '../access/key-store.ts';
import { RunLimits } from '../access/limits/run-limits.ts';
import { systemClock } from '../base/clock.ts';

const messages = [{ role: 'user', content: 'x' }];
const dialects = [
  { path: '/api/chat', refusal: { error: expect.stringContaining('not valid') } },
  { path: '/v1/chat/completions', refusal: { error: { code: 'invalid_api_key' } } },
  { path: '/v1/messages', refusal: { error: { type: 'authentication_error' } } },
];

let runner: GatedRunner;
let keys: KeyStore;
let limits: RunLimits;
let server: ScriptServer;

beforeEach(async () => {
  runner = new GatedRunner();
  keys = await keysOf([
    keyRecord('ok-leaked', { name: 'leaked' }),
    keyRecord('ok-single', { name: 'single', limits: { concurrent: 1 } }),
    keyRecord('ok-other', { name: 'other' }),
  ]);
  limits = new RunLimits(systemClock);
  server = await startScriptServer({ runner, keys, limits });
  await server.addModel('m', { create: { template: '{{ .Prompt }}' } });
});
afterEach(() => server.close());

const ask = (key: string, path = '/api/chat') =>
  server.post(
    path,
    { model: 'm', messages, max_tokens: 9, stream: false },
    { Authorization: `Bearer ${key}` },
  );
const waiting = () => server.scheduler.waiting().length;

it('a run that waits for the model when its key is revoked is refused in its dialect, and others go on', async () => {
  const running = ask('ok-leaked');
  await expect.poll(() => server.scheduler.running().length).toBe(1);
  const refused = dialects.map(({ path }) => ask('ok-leaked', path));
  const other = ask('ok-other');
  await expect.poll(waiting).toBe(4);
  await keys.revoke('leaked');
  runner.open();
  for (const [index, { refusal }] of dialects.entries()) {
    const reply = await refused[index];
    expect(reply?.status).toBe(401);
    expect(reply?.headers.get('WWW-Authenticate')).toContain('invalid_token');
    expect(await reply?.json()).toMatchObject(refusal);
  }
  expect([(await running).status, (await other).status]).toEqual([200, 200]);
  expect(runner.requests).toHaveLength(2);
});

it('a run that waits for another of its key when this is rotated is refused, and the new key is served', async () => {
  const running = ask('ok-single');
  await expect.poll(() => server.scheduler.running().length).toBe(1);
  const refused = ask('ok-single');
  const { id } = keys.show('single');
  await expect.poll(() => limits.waitingFor(id).length).toBe(1);
  const { key } = await keys.rotate('single');
  const next = ask(key);
  runner.open();
  expect([(await running).status, (await refused).status, (await next).status]).toEqual([200, 401, 200]);
});

it('a run that waits while its key is rotated with a time of grace is served', async () => {
  const running = ask('ok-leaked');
  await expect.poll(() => server.scheduler.running().length).toBe(1);
  const next = ask('ok-leaked');
  await expect.poll(waiting).toBe(1);
  await keys.rotate('leaked', '1h');
  runner.open();
  expect([(await running).status, (await next).status]).toEqual([200, 200]);
});
