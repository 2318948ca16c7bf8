/** Every route that reads a body reports problems in the format of its dialect and never returns 500. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keysOf } from '../../test/fakes/access/key-records.ts';
import { errorForm, validBodies } from '../../test/fakes/random/valid-bodies.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import { OllamaError } from '../base/errors.ts';

const TOO_LARGE = 2 ** 40;
/** One value of each type; for most fields, all but one of them are invalid. */
const oddValues: readonly unknown[] = [true, 5, 'text', ['x', 7], { a: 1 }];

let server: ScriptServer;

beforeAll(async () => {
  const pull = () => {
    throw new OllamaError('not-found', 'nothing to pull from');
  };
  server = await startScriptServer({ pull, push: pull, keys: await keysOf([], 'off') });
  await server.addModel('m');
});
afterAll(() => server.close());

const methodOf = (path: string) => (path === '/api/delete' ? 'DELETE' : 'POST');

async function send(path: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  const init = { method: methodOf(path), headers, body: body as NonNullable<RequestInit['body']> };
  return server.app.request(path, init);
}

async function expectRefusal(path: string, response: Response, statuses: readonly number[]): Promise<void> {
  const text = await response.text();
  expect(statuses, `${path}: ${text}`).toContain(response.status);
  expect(JSON.parse(text), path).toEqual(errorForm(path));
}

describe.each(Object.keys(validBodies))('%s', (path) => {
  it.each([
    ['nothing', ''],
    ['truncated JSON', '{"model": "m"'],
    ['no JSON', 'model=m'],
    ['a list', '[]'],
    ['deep nesting', `{"model": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['bytes that are not UTF-8', Uint8Array.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ])('refuses %s', async (_, body) => {
    await expectRefusal(path, await send(path, body), [400]);
  });

  it('refuses a body that is too large before reading it', async () => {
    const headers = { 'Content-Length': String(TOO_LARGE) };
    await expectRefusal(path, await send(path, '{}', headers), [413]);
  });

  it('refuses a compressed body', async () => {
    await expectRefusal(path, await send(path, '{}', { 'Content-Encoding': 'gzip' }), [415]);
  });

  it('lists its methods when another method is used', async () => {
    const response = await server.app.request(path, { method: 'PUT', body: '{}' });
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toContain(methodOf(path));
    await response.body?.cancel();
  });

  it('accepts each field in its own type or reports what is wrong', async () => {
    const valid = validBodies[path] as Record<string, unknown>;
    let refused = 0;
    for (const field of Object.keys(valid)) {
      for (const value of oddValues) {
        const response = await send(path, JSON.stringify({ ...valid, [field]: value }));
        if (response.status < 400) {
          await response.body?.cancel();
          continue;
        }
        refused += 1;
        // 401 is the answer to a key that is not valid, 409 that to a prompt of a model that is not loaded.
        await expectRefusal(path, response, [400, 401, 404, 409]);
      }
    }
    expect(refused).toBeGreaterThan(Object.keys(valid).length);
  });
});
