/** Every route refuses names that would leave the models folder or imitate other names. */
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';

let server: ScriptServer;
const pulled: string[] = [];

beforeAll(async () => {
  server = await startScriptServer({
    pull: async function* (name) {
      pulled.push(name.full);
      yield { status: 'success' };
    },
  });
  await server.addModel('m');
});
afterAll(() => server.close());

const hostileNames = [
  '../../../etc/passwd',
  '..',
  'a/../../b',
  '../a/b/c',
  '..\\..\\a',
  '/etc/passwd',
  'a:../../b',
  'a:..',
  '.m',
  'm\0',
  'm\0.gguf',
  'm\n',
  'm:\0',
  'x'.repeat(81),
  'x'.repeat(100_000),
  'a/'.repeat(50_000),
  '%2e%2e%2fm',
  '\u043c',
  'ｍ',
  'm\u200b',
  '\uff0e\uff0e\uff0fm',
  'n\u2215m',
  '\u202em',
  '\ud800',
  'm@sha256:../../x',
  'file:///etc/passwd',
];

const messages = [{ role: 'user', content: 'x' }];
const withModel =
  (more: object = {}) =>
  (model: string): object => ({ model, stream: false, ...more });

/** Every route that accepts a name, with each field that holds one. */
const routes: readonly (readonly [string, (name: string) => object])[] = [
  ['/api/pull', withModel()],
  ['/api/push', withModel()],
  ['/api/create', withModel({ from: 'm' })],
  ['/api/create', (from) => ({ model: 'made', from, stream: false })],
  ['/api/copy', (source) => ({ source, destination: 'copy' })],
  ['/api/copy', (destination) => ({ source: 'm', destination })],
  ['/api/delete', withModel()],
  ['/api/show', withModel()],
  ['/api/verify', withModel()],
  ['/api/generate', withModel({ prompt: 'x' })],
  ['/api/chat', withModel({ messages })],
  ['/api/embed', withModel({ input: 'x' })],
  ['/api/embeddings', withModel({ prompt: 'x' })],
  ['/api/rerank', withModel({ query: 'x', documents: ['x'] })],
  ['/api/tokenize', withModel({ content: 'x' })],
  ['/api/load', withModel()],
  ['/api/unload', withModel()],
  ['/api/estimate', withModel()],
  ['/v1/chat/completions', withModel({ messages })],
  ['/v1/completions', withModel({ prompt: 'x' })],
  ['/v1/embeddings', withModel({ input: 'x' })],
  ['/v1/messages', withModel({ messages, max_tokens: 1 })],
];

const method = (path: string) => (path === '/api/delete' ? 'DELETE' : 'POST');
/** The first change creates the lock folder, which then stays. */
const files = async () => {
  const all = await readdir(server.modelsFolder, { recursive: true });
  return all.filter((file) => file !== 'locks');
};

describe.each(routes)('%s', (path, bodyOf) => {
  it.each(hostileNames)('refuses %j', async (name) => {
    const before = (await files()).sort();
    const response = await server.app.request(path, {
      method: method(path),
      body: JSON.stringify(bodyOf(name)),
    });
    const text = await response.text();
    expect([400, 404], `${response.status} ${text}`).toContain(response.status);
    expect(JSON.parse(text)).toHaveProperty('error');
    expect(text).not.toContain('root:');
    expect((await files()).sort()).toEqual(before);
    expect(pulled).toEqual([]);
  });
});

describe('/api/blobs', () => {
  it.each([
    'sha256:..%2F..%2Fetc%2Fpasswd',
    `sha256-${'..%2F'.repeat(21)}x`,
    `sha512:${'0'.repeat(64)}`,
    `sha256:${'0'.repeat(63)}%00`,
  ])('refuses %j', async (digest) => {
    for (const verb of ['HEAD', 'POST']) {
      const body = verb === 'POST' ? { body: 'x' } : {};
      const response = await server.app.request(`/api/blobs/${digest}`, { method: verb, ...body });
      expect(response.status).toBe(400);
    }
  });
});
