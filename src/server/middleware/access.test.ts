import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { isLocalHost } from '../request/local-host.ts';
import type { ServerEnvironment } from '../server-parts.ts';
import { fetchSiteCheck, refuseBrowsers } from './fetch-site.ts';
import { hostCheck } from './host-check.ts';
import { originCheck } from './origins.ts';

const appWith = (origins: string[], boundHost = '127.0.0.1') => {
  const app = new Hono<ServerEnvironment>();
  app.use(originCheck({ origins }), fetchSiteCheck({ origins }), hostCheck(boundHost));
  app.get('/work', (context) => {
    refuseBrowsers(context, 'work is done');
    return new Response('worked');
  });
  app.all('/', () => new Response('reached'));
  return app;
};
const request = (app: Hono<ServerEnvironment>, headers: Record<string, string>, method = 'POST') =>
  app.request('/', { method, headers: { Host: 'localhost:11434', ...headers } });

describe('originCheck', () => {
  it.each([
    'http://localhost',
    'http://localhost:3000',
    'https://127.0.0.1:8443',
    'http://0.0.0.0:80',
    'app://obsidian.md',
    'tauri://localhost',
    'chrome-extension://abcdef',
    'moz-extension://abc-def',
  ])('allows %s', async (origin) => {
    const response = await request(appWith([]), { Origin: origin });
    expect([response.status, response.headers.get('Access-Control-Allow-Origin')]).toEqual([200, origin]);
    expect(response.headers.get('Vary')).toBe('Origin');
  });

  it.each([
    'https://evil.example',
    'http://localhost.evil.example',
    'null',
    'http://127.0.0.1.evil.example',
    'xhttp://localhost',
  ])('refuses %s and names the remedy', async (origin) => {
    const response = await request(appWith([]), { Origin: origin });
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ error: expect.stringContaining('OLLAMA_ORIGINS') });
  });

  it('allows configured origins, with wildcards', async () => {
    const app = appWith(['https://*.example.org', 'https://one.test']);
    expect((await request(app, { Origin: 'https://a.example.org' })).status).toBe(200);
    expect((await request(app, { Origin: 'https://one.test' })).status).toBe(200);
    expect((await request(app, { Origin: 'https://oneXtest' })).status).toBe(403);
    expect((await request(appWith(['*']), { Origin: 'null' })).status).toBe(200);
  });

  it('allows the same origin, without CORS headers', async () => {
    const headers = { Origin: 'http://192.168.1.9:11434', Host: '192.168.1.9:11434' };
    const response = await request(appWith([]), headers);
    expect([response.status, response.headers.has('Access-Control-Allow-Origin')]).toEqual([200, false]);
  });

  it('answers a preflight', async () => {
    const response = await request(appWith([]), { Origin: 'http://localhost:3000' }, 'OPTIONS');
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-methods': 'GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS',
      'access-control-allow-headers': expect.stringContaining('X-Stainless-Package-Version'),
      'access-control-allow-origin': 'http://localhost:3000',
      'access-control-max-age': '43200',
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    });
    expect((await request(appWith([]), { Origin: 'https://evil.example' }, 'OPTIONS')).status).toBe(403);
  });
});

describe('fetchSiteCheck', () => {
  const navigation = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
  const statusOf = async (headers: Record<string, string>, method = 'GET', origins: string[] = []) =>
    (await request(appWith(origins), headers, method)).status;

  it.each(['cross-site', 'same-site'])('refuses what a %s page requests without an origin', async (site) => {
    const image = { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' };
    const frame = { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' };
    expect(await statusOf(image)).toBe(403);
    expect(await statusOf(frame)).toBe(403);
    expect(await statusOf({ 'Sec-Fetch-Site': site })).toBe(403);
    expect(await statusOf({ ...navigation, 'Sec-Fetch-Site': site }, 'POST')).toBe(403);
    const refused = await request(appWith([]), image, 'GET');
    expect(await refused.json()).toEqual({ error: expect.stringContaining('OLLAMA_ORIGINS') });
  });

  it('lets a link open an address, and lets the server, the user and programs ask', async () => {
    expect(await statusOf({ ...navigation, 'Sec-Fetch-Site': 'cross-site' })).toBe(200);
    expect(await statusOf({ 'Sec-Fetch-Site': 'same-origin' })).toBe(200);
    expect(await statusOf({ ...navigation, 'Sec-Fetch-Site': 'none' })).toBe(200);
    expect(await statusOf({ 'Sec-Fetch-Mode': 'cors' })).toBe(200);
    expect(await statusOf({}, 'POST')).toBe(200);
  });

  it('leaves requests with an origin to the check of origins', async () => {
    const site = { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'cors' };
    expect(await statusOf({ ...site, Origin: 'http://localhost:3000' }, 'POST')).toBe(200);
    expect(await statusOf({ ...site, Origin: 'https://evil.example' }, 'POST')).toBe(403);
    expect(await statusOf({ 'Sec-Fetch-Site': 'cross-site' }, 'GET', ['*'])).toBe(200);
  });
});

describe('refuseBrowsers', () => {
  const app = appWith([]);
  app.onError((error) => new Response(error.message, { status: 403 }));
  const ask = (headers: Record<string, string>) => app.request('/work', { headers });

  it.each(['cross-site', 'same-site', 'same-origin', 'none'])('refuses browsers: %s', async (site) => {
    const headers = { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
    const response = await ask({ ...headers, Host: 'localhost' });
    expect(response.status).toBe(403);
    expect(await response.text()).toBe('work is done for programs only, not for web browsers');
  });

  it('works for programs', async () => {
    expect(await (await ask({ Host: 'localhost' })).text()).toBe('worked');
    expect(await (await ask({ Host: 'localhost', 'Sec-Fetch-Mode': 'cors' })).text()).toBe('worked');
  });
});

describe('hostCheck', () => {
  it.each([
    'localhost',
    'LOCALHOST:11434',
    '127.0.0.1:1',
    '[::1]:11434',
    '10.1.2.3',
    '192.168.0.2:80',
    'box.local',
  ])('answers to %s', (host) => {
    expect(isLocalHost(host)).toBe(true);
  });

  it.each([
    'evil.example',
    'evil.example:11434',
    'localhost.evil.example',
    '8.8.8.8',
    '[2001:4860::1]:80',
    'local',
  ])('does not answer to %s', (host) => {
    expect(isLocalHost(host)).toBe(false);
  });

  it('refuses foreign names, even without an Origin, only when bound to loopback', async () => {
    expect((await request(appWith([]), { Host: 'evil.example' }, 'GET')).status).toBe(403);
    expect((await request(appWith([], '::1'), { Host: 'evil.example' }, 'GET')).status).toBe(403);
    expect((await request(appWith([], '0.0.0.0'), { Host: 'evil.example' }, 'GET')).status).toBe(200);
  });
});
