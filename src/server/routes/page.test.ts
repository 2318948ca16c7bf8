import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PageFiles } from '../page/page-files.ts';
import type { ServerEnvironment } from '../server-parts.ts';
import { pageRoutes } from './page.ts';

const browser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'Accept-Encoding': 'gzip, br' };

let folder: string;
let app: Hono<ServerEnvironment>;
const config = { ui: true };

beforeEach(async () => {
  folder = `${await mkdtemp(join(tmpdir(), 'page-'))}/`;
  await writeFile(`${folder}files.json`, JSON.stringify({ names: ['page.html', 'main-AB.js'] }));
  for (const name of ['page.html', 'main-AB.js']) {
    await writeFile(`${folder}${name}`, `plain ${name}`);
    await writeFile(`${folder}${name}.br`, `br ${name}`);
    await writeFile(`${folder}${name}.gz`, `gz ${name}`);
  }
  config.ui = true;
  app = new Hono<ServerEnvironment>();
  for (const { path, handlers } of pageRoutes({ config }, new PageFiles(folder))) {
    app.get(path, (context) => handlers.GET?.(context) ?? context.notFound());
  }
  app.onError((error) => new Response(error.message, { status: 404 }));
});
afterEach(() => rm(folder, { recursive: true }));

async function textOf(path: string, headers: Record<string, string> = {}) {
  return (await app.request(path, { headers })).text();
}

describe('GET /', () => {
  it('tells programs that Ollama is running, and shows browsers the page', async () => {
    expect(await textOf('/')).toBe('Ollama is running');
    expect(await textOf('/', { Accept: '*/*' })).toBe('Ollama is running');
    expect(await textOf('/', browser)).toBe('br page.html');
  });

  it('tells caches that the answer depends on who asks', async () => {
    const varies = async (headers: Record<string, string>) =>
      (await app.request('/', { headers })).headers.get('Vary');
    expect(await varies({})).toBe('Accept');
    expect(await varies(browser)).toBe('Accept, Accept-Encoding');
  });

  it('is the sentence for everybody where OLLAMA_UI is off', async () => {
    config.ui = false;
    expect(await textOf('/', browser)).toBe('Ollama is running');
    expect((await app.request('/models')).status).toBe(404);
    expect((await app.request('/ui/main-AB.js')).status).toBe(404);
  });
});

it.each(['/models', '/engine', '/compare', '/settings'])('%s is the same document', async (path) => {
  expect(await textOf(path, browser)).toBe('br page.html');
});

it('allows nothing that does not come from this server', async () => {
  const { headers } = await app.request('/', { headers: browser });
  const policy = headers.get('Content-Security-Policy') ?? '';
  expect(policy).toContain("default-src 'self'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');
  expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
});

it('keeps files forever and asks for the document each time', async () => {
  const caching = async (path: string) =>
    (await app.request(path, { headers: browser })).headers.get('Cache-Control');
  expect(await caching('/ui/main-AB.js')).toContain('immutable');
  expect(await caching('/')).toBe('no-cache');
});

it('answers 304 to whoever has the file already, whatever weak marks a proxy added', async () => {
  const first = await app.request('/', { headers: browser });
  const tag = first.headers.get('ETag') ?? '';
  for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) {
    const again = await app.request('/', { headers: { ...browser, 'If-None-Match': known } });
    expect(again.status).toBe(304);
  }
});

it.each(['/ui/files.json', '/ui/..%2fpage.html', '/ui/page.html.br', '/ui/none.js'])(
  'has no %s',
  async (path) => {
    expect((await app.request(path)).status).toBe(404);
  },
);
