/** Every route, with every kind of key: what is allowed, 401 or 403. The table comes from the OpenAPI document. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../test/fakes/access/key-records.ts';
import { validBodies } from '../../test/fakes/random/valid-bodies.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import { type Scope, scopes } from '../api/scopes.ts';
import { openApiDocument } from './openapi/document.ts';
import { scopesOf } from './routes/route-scopes.ts';

interface Described {
  readonly 'x-ollama-scope'?: string;
  readonly security?: readonly object[];
}

const { paths } = openApiDocument('1') as { paths: Record<string, Record<string, Described>> };
const table = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, described]) => ({
    method: method.toUpperCase(),
    path,
    scope: described['x-ollama-scope'] ?? 'missing',
    security: described.security ?? [],
  })),
);
const closed = table.filter(({ scope }) => scope !== 'open');
const open = table.filter(({ scope }) => scope === 'open');
const scoped = closed.filter(({ scope }) => scope !== 'any');
const keyed = closed.filter(({ scope }) => scope === 'any');

const REFUSED = [401, 403];
const keyFor = (scope: string) => `ok-only-${scope}`;
const keyWithout = (scope: string) => `ok-without-${scope}`;

let server: ScriptServer;

beforeAll(async () => {
  const plain = scopes.filter((scope) => scope !== 'admin');
  const keys = await keysOf([
    ...scopes.map((scope) => keyRecord(keyFor(scope), { scopes: [scope] })),
    // The scope admin includes all others, so a key without one of them must not have it.
    ...scopes.map((scope) =>
      keyRecord(keyWithout(scope), { scopes: plain.filter((other) => other !== scope) as Scope[] }),
    ),
    keyRecord('ok-expired', { scopes, expiresAt: 1 }),
    keyRecord('ok-revoked', { name: 'revoked', scopes }),
    keyRecord('ok-elsewhere', { scopes: plain, models: ['elsewhere'] }),
  ]);
  await keys.revoke('revoked');
  const pull = async function* () {
    yield { status: 'success' };
  };
  server = await startScriptServer({ keys, pull, push: pull, settings: { registryCache: true } });
  await server.addModel('m');
});
afterAll(() => server.close());

const places: Readonly<Record<string, string>> = {
  digest: `sha256:${'0'.repeat(64)}`,
  namespace: 'library',
  model: 'm',
  tag: 'latest',
};

function send(method: string, path: string, headers: Record<string, string>): Promise<Response> {
  const route = path.replace(/\{(\w+)\}/g, ':$1');
  const body = validBodies[route];
  const address = path.replace(/\{(\w+)\}/g, (_, name: string) => places[name] ?? 'x');
  const hasBody = body !== undefined && (method === 'POST' || method === 'DELETE');
  const init = { method, headers, ...(hasBody && { body: JSON.stringify(body) }) };
  return Promise.resolve(server.app.request(address, init));
}

async function statusOf(method: string, path: string, headers: Record<string, string>): Promise<number> {
  const response = await send(method, path, headers);
  await response.body?.cancel();
  return response.status;
}

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

describe('the table', () => {
  it('has every operation, each with a scope that exists', () => {
    expect(table.length).toBeGreaterThan(55);
    expect(table.filter(({ scope }) => ![...scopes, 'any', 'open'].includes(scope))).toEqual([]);
    expect(closed.filter(({ security }) => security.length === 0)).toEqual([]);
  });

  it('leaves open what says nothing about models or users', () => {
    expect([...new Set(open.map(({ path }) => path))].sort()).toEqual([
      '/',
      '/api/session',
      '/api/version',
      '/compare',
      '/engine',
      '/health',
      '/models',
      '/ping',
      '/settings',
      '/ui/{name}',
      '/v1/health',
      '/version',
    ]);
  });

  it('asks for a key of any kind where it is only about what that key did', () => {
    expect(keyed.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/usage',
      'POST /api/runs/{id}/answer',
    ]);
  });

  it('cannot miss a route', () => {
    const route = { path: '/api/new', handlers: { GET: () => new Response() } };
    expect(() => scopesOf(route)).toThrow('GET /api/new is missing in openapi/operations.ts');
  });
});

describe.each(closed)('$method $path ($scope)', ({ method, path }) => {
  it.each<[string, Record<string, string>, number]>([
    ['no key', {}, 401],
    ['an unknown key', bearer('ok-unknown'), 401],
    ['an unknown key elsewhere', { 'X-Api-Key': 'ok-unknown' }, 401],
    ['an expired key', bearer('ok-expired'), 401],
    ['a revoked key', bearer('ok-revoked'), 401],
  ])('%s: refused', async (_, headers, status) => {
    expect(await statusOf(method, path, headers)).toBe(status);
  });
});

describe.each(keyed)('$method $path (any key)', ({ method, path }) => {
  it.each(scopes)('a key with the scope %s alone: allowed', async (scope) => {
    expect(REFUSED).not.toContain(await statusOf(method, path, bearer(keyFor(scope))));
  });
});

describe.each(scoped)('$method $path ($scope)', ({ method, path, scope }) => {
  it('a key with all scopes but this: refused', async () => {
    expect(await statusOf(method, path, bearer(keyWithout(scope)))).toBe(403);
  });

  it('a key with this scope alone, or with the scope admin: allowed', async () => {
    for (const key of [keyFor(scope), keyFor('admin')]) {
      for (const headers of [bearer(key), { 'X-Api-Key': key }]) {
        const response = await send(method, path, headers);
        const text = await response.text();
        // Declaring tools is a right of its own.
        const needsTools = response.status === 403 && text.includes('scope \\"tools\\"');
        if (!needsTools) expect(REFUSED, `${key}: ${text}`).not.toContain(response.status);
      }
    }
  });
});

describe.each(open.filter(({ path }) => path !== '/api/session'))(
  '$method $path (open)',
  ({ method, path }) => {
    it('answers whatever key there is, or none', async () => {
      for (const headers of [{}, bearer('ok-unknown'), bearer('ok-expired'), bearer(keyFor('read'))])
        expect(REFUSED).not.toContain(await statusOf(method, path, headers));
    });
  },
);

describe('every route', () => {
  const routes = [...new Set(table.map(({ path }) => path))];

  it.each(routes)('%s answers OPTIONS without a key', async (path) => {
    expect(await statusOf('OPTIONS', path, {})).toBe(204);
  });

  const naming = closed.filter(({ path, method }) => {
    const body = validBodies[path.replace(/\{(\w+)\}/g, ':$1')];
    const isNamed = typeof body === 'object' && body !== null && ('model' in body || path === '/api/copy');
    return method !== 'OPTIONS' && path !== '/api/type-speeds' && (path.includes('{model}') || isNamed);
  });

  it.each(naming)('$method $path refuses a key for other models', async ({ method, path }) => {
    expect(await statusOf(method, path, bearer('ok-elsewhere'))).toBe(403);
  });
});
