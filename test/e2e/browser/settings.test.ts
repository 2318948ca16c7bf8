/** The page of settings in a real browser: what the browser keeps, and what the server says to whoever may see it. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestServer } from '../support/server-process.ts';
import { post } from '../support/server-requests.ts';
import { expectAccessible } from './support/accessible.ts';
import { chromiumPath } from './support/chromium.ts';
import { MODEL, startPageServer } from './support/page-server.ts';
import { useBrowser } from './support/tested-browser.ts';

async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key', { exact: true }).fill(key);
  await page.keyboard.press('Enter');
}

describe.skipIf(!chromiumPath)('the page of settings', () => {
  const browser = useBrowser();
  let server: TestServer;
  beforeAll(async () => {
    server = await startPageServer({ env: { OLLAMA_KEEP_ALIVE: '7m' } });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it('changes language and theme at once, and keeps both', async () => {
    const page = await browser.open(`${server.url}/settings`);
    await page.getByLabel('Language').selectOption('de');
    await page.getByLabel('Farben').selectOption('dark');
    await page.reload();
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    await page.getByLabel('Sprache').selectOption('zh-Hant');
    await page.getByRole('heading', { name: '設定' }).waitFor();
    await page.getByLabel('語言').selectOption('');
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
  });

  it('shows the settings of the server, and only those that somebody changed', async () => {
    const page = await browser.open(`${server.url}/settings?section=server`);
    const row = page.getByRole('row').filter({ hasText: 'OLLAMA_KEEP_ALIVE' });
    await row.getByText('7m', { exact: true }).waitFor();
    await row.getByText('environment').waitFor();
    const rows = page.getByRole('rowheader');
    const all = await rows.count();
    await expectAccessible(page);
    await page.getByLabel('Only what is not a default').check();
    await expect.poll(() => rows.count()).toBeLessThan(all);
    expect(await row.count()).toBe(1);
    await page.getByLabel('Filter').fill('keep_alive');
    await expect.poll(() => rows.count()).toBe(1);
  });

  it('follows the log, and shows the lines from a level on', async () => {
    const page = await browser.open(`${server.url}/settings?section=log`);
    const log = page.getByRole('log', { name: 'Lines of the log' });
    await log.waitFor();
    await post(server, '/api/show', { model: MODEL }, { 'X-Request-Id': 'seen-in-the-log' });
    await log.getByText(/seen-in-the-log/).waitFor();
    await expectAccessible(page);
    await page.getByLabel('From level').selectOption('error');
    await log.getByText(/seen-in-the-log/).waitFor({ state: 'detached' });
  });

  it('shows the usage by day and by model', async () => {
    await post(server, '/api/generate', {
      model: MODEL,
      prompt: 'hi',
      options: { num_predict: 5 },
      stream: false,
    });
    const page = await browser.open(`${server.url}/settings?section=usage`);
    await page.getByRole('rowheader', { name: MODEL }).waitFor();
    await page.getByRole('img', { name: 'output tokens by day' }).waitFor();
    await expectAccessible(page);
    await page.locator('label', { hasText: /^By/ }).locator('select').selectOption('key');
    await page.getByRole('rowheader', { name: 'without a key' }).waitFor();
  });

  it('creates keys, shows each once, replaces and revokes them', async () => {
    browser.allow(/status of (401|403)/);
    const page = await browser.open(`${server.url}/settings?section=keys`);
    await page.getByRole('button', { name: 'Create a key' }).press('Enter');
    await page.getByLabel('Name').fill('boss');
    await page.getByLabel('admin').check();
    await page.getByLabel('At the same time').fill('many');
    await page.getByRole('button', { name: 'Create', exact: true }).press('Enter');
    await page
      .getByRole('alert')
      .getByText(/^At the same time/)
      .waitFor();
    await expectAccessible(page);
    await page.getByLabel('At the same time').fill('50');
    await page.getByRole('button', { name: 'Create', exact: true }).press('Enter');
    const made = page.getByRole('region', { name: 'The key "boss"' });
    const key = (await made.locator('code').textContent()) ?? '';
    expect(key).toMatch(/^ok-/);
    await expectAccessible(page);
    await made.getByRole('button', { name: 'Enter' }).press('Enter');
    const row = page.getByRole('row').filter({ hasText: 'boss' });
    await row.getByText('At the same time: 50').waitFor();
    expect(await page.content()).not.toContain(key);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Create a key' }).press('Enter');
    await page.getByLabel('Name').fill('reader');
    await page.getByRole('button', { name: 'Create', exact: true }).press('Enter');
    const reader = page.getByRole('region', { name: 'The key "reader"' });
    const readerKey = (await reader.locator('code').textContent()) ?? '';
    await reader.getByRole('button', { name: 'Done' }).press('Enter');
    await page.getByRole('button', { name: 'Rotate reader' }).press('Enter');
    const question = page.getByRole('dialog', { name: 'Replace the key "reader"?' });
    await expectAccessible(page);
    await question.getByRole('button', { name: 'Rotate' }).press('Enter');
    const newKey = (await reader.locator('code').textContent()) ?? '';
    expect(newKey).not.toBe(readerKey);
    await reader.getByRole('button', { name: 'Done' }).press('Enter');

    const other = await browser.open(`${server.url}/settings?section=keys`);
    await signIn(other, newKey);
    await other.getByText('This needs an API key with the scope "admin".').waitFor();
    await other.getByRole('link', { name: 'Usage' }).press('Enter');
    await other.getByText(/^Only the usage of your own key/).waitFor();
    await other.getByRole('link', { name: 'This browser' }).press('Enter');
    await other.getByText('Signed in with the key "reader".').waitFor();
    await other.getByRole('button', { name: 'Sign out' }).press('Enter');

    await page.getByRole('button', { name: 'Revoke reader' }).press('Enter');
    await page
      .getByRole('dialog', { name: 'Revoke the key "reader"?' })
      .getByRole('button', { name: 'Revoke' })
      .press('Enter');
    await page.getByRole('row').filter({ hasText: 'reader' }).waitFor({ state: 'detached' });
    const reply = await fetch(`${server.url}/api/tags`, { headers: { Authorization: `Bearer ${newKey}` } });
    expect(reply.status).toBe(401);
  });
});
