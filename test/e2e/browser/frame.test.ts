/** The frame of the web page in a real browser: addresses, languages, themes, keys, and what it loads first. */
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { expectAccessible } from './support/accessible.ts';
import { chromiumPath } from './support/chromium.ts';
import { requireKey } from './support/page-server.ts';
import { useBrowser } from './support/tested-browser.ts';

const bundle = fileURLToPath(new URL('../../../dist/ui/', import.meta.url));
const MAX_FIRST_BYTES = 120 * 1024;
const addresses = [
  ['/', 'Chat'],
  ['/models', 'Models'],
  ['/engine', 'Engine'],
  ['/compare', 'Compare'],
  ['/settings', 'Settings'],
] as const;

/** The link of the navigation that is marked as the open page. */
const current = (page: Page) => page.locator('nav.navigation [aria-current="page"]').textContent();
const openPage = (page: Page) => expect.poll(() => current(page));

describe.skipIf(!chromiumPath)('the frame of the page', () => {
  const browser = useBrowser();
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it.each(addresses)('shows %s on wide screens and phones, also after a reload', async (path, name) => {
    const page = await browser.open(server.url + path);
    await openPage(page).toBe(name);
    await page.reload();
    await openPage(page).toBe(name);
    await expect.poll(() => page.title()).toContain(name);
    await expect.poll(() => page.locator('main').textContent()).not.toBe('Loading');
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await expectAccessible(page);
  });

  it('goes to pages without loading the document again, and back', async () => {
    const page = await browser.open(`${server.url}/`);
    await openPage(page).toBe('Chat');
    await page.evaluate('window.isTheSame = true');
    await page.getByRole('link', { name: 'Models' }).click();
    await openPage(page).toBe('Models');
    await page.getByRole('link', { name: 'Engine' }).press('Enter');
    await openPage(page).toBe('Engine');
    await page.goBack();
    await openPage(page).toBe('Models');
    await page.goBack();
    await openPage(page).toBe('Chat');
    await page.goForward();
    await openPage(page).toBe('Models');
    expect(new URL(page.url()).pathname).toBe('/models');
    expect(await page.evaluate('window.isTheSame')).toBe(true);
  });

  it('has no other addresses', async () => {
    browser.allow(/status of 404/);
    const page = await browser.open(`${server.url}/nowhere`);
    expect(await page.locator('#app').count()).toBe(0);
    const reply = await fetch(`${server.url}/nowhere`, { headers: { Accept: 'text/html' } });
    expect(reply.status).toBe(404);
  });

  it.each([
    ['en-US', 'en', 'Models'],
    ['de-AT', 'de', 'Modelle'],
    ['zh-TW', 'zh-Hant', '模型'],
    ['fr-FR', 'en', 'Models'],
  ])('speaks to a browser in %s in the language %s', async (language, tag, word) => {
    const page = await browser.open(server.url, { language });
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe(tag);
    await expect.poll(() => page.getByRole('link', { name: word, exact: true }).count()).toBe(1);
    await page.locator('main textarea').first().waitFor();
    await expectAccessible(page);
  });

  it('keeps the chosen theme and follows the system without one', async () => {
    const page = await browser.open(server.url, { scheme: 'dark' });
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await openPage(page).toBe('Chat');
    const dark = await background();
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await background();
    expect(light).not.toBe(dark);
    await page.evaluate(`localStorage.setItem('ollama.theme', '"dark"')`);
    await page.reload();
    await openPage(page).toBe('Chat');
    expect(await background()).toBe(dark);
  });

  it('asks for no more than 120 KiB of compressed files before the chat is there', async () => {
    const page = await browser.open('about:blank');
    const names: string[] = [];
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (pathname === '/') names.push('page.html');
      else if (pathname.startsWith('/ui/')) names.push(pathname.slice('/ui/'.length));
    });
    await page.goto(server.url, { waitUntil: 'load' });
    await expect.poll(() => page.locator('main h1, main textarea').count()).toBeGreaterThan(0);
    expect(names.length).toBeGreaterThan(3);
    const bytes = names.map((name) => statSync(`${bundle}${name}.gz`).size);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MAX_FIRST_BYTES);
  });

  it('answers programs with the sentence that they know', async () => {
    const reply = await fetch(server.url);
    expect(await reply.text()).toBe('Ollama is running');
  });
});

describe.skipIf(!chromiumPath)('a server that needs a key', () => {
  const browser = useBrowser();

  it('lets the page in with the right key only, and out again', async () => {
    await using server = await startTestServer();
    const key = await requireKey(server);
    browser.allow(/status of (401|403)/);
    const page = await browser.open(`${server.url}/compare`);
    const field = page.getByLabel('API key', { exact: true });
    await field.waitFor();
    await expectAccessible(page);
    await field.fill('ok-wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await expectAccessible(page);
    await field.fill(key);
    await page.keyboard.press('Enter');
    await field.waitFor({ state: 'detached' });
    await page.reload();
    await expect.poll(() => page.locator('main h1').textContent()).toBe('Compare');
    expect(await field.count()).toBe(0);
    // The page keeps no key: neither scripts nor storage have it.
    expect(await page.evaluate('document.cookie + JSON.stringify(localStorage)')).not.toContain(key);
    const cookies = await page.context().cookies();
    expect(cookies.map(({ httpOnly, sameSite }) => [httpOnly, sameSite])).toEqual([[true, 'Strict']]);
  });
});

describe.skipIf(!chromiumPath)('OLLAMA_UI=off', () => {
  const browser = useBrowser();

  it('leaves the sentence for everybody, and no page', async () => {
    await using server = await startTestServer({ env: { OLLAMA_UI: 'off' } });
    browser.allow(/status of 404/);
    const page = await browser.open(server.url);
    expect(await page.locator('body').textContent()).toBe('Ollama is running');
    for (const [path] of addresses.slice(1)) {
      const reply = await page.goto(server.url + path);
      expect(reply?.status()).toBe(404);
    }
  });
});
