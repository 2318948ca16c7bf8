/** The page that compares models and settings, with the small real model and with models that say what a test writes. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenAiServer, startOpenAiServer } from '../../fakes/servers/openai-server.ts';
import type { TestServer } from '../support/server-process.ts';
import { expectAccessible } from './support/accessible.ts';
import { chromiumPath } from './support/chromium.ts';
import { MODEL, startPageServer } from './support/page-server.ts';
import { useBrowser } from './support/tested-browser.ts';

describe.skipIf(!chromiumPath)('Compare with a real model', () => {
  const browser = useBrowser();
  let server: TestServer;
  beforeAll(async () => {
    server = await startPageServer();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it('runs two settings of a model, measures both, keeps the setup in the address and saves the result', async () => {
    const page = await browser.open(`${server.url}/compare`);
    await page.getByLabel('Prompt', { exact: true }).fill('Name three colors.');
    await page.getByLabel('Model of column 1').selectOption(MODEL);
    await page.getByLabel('Model of column 2').selectOption(MODEL);
    const second = page.getByRole('region', { name: 'Column 2' });
    await second.locator('details.compare-settings summary').click();
    await second.getByLabel('Options (JSON)').fill('{"num_predict"');
    await page.getByText('The options of column 2 must be a JSON object.').waitFor();
    expect(await page.getByRole('button', { name: 'Run' }).isDisabled()).toBe(true);
    await second.getByLabel('Options (JSON)').fill('{"num_predict": 4}');
    await page.getByLabel('Prompt', { exact: true }).press('Control+Enter');
    const first = page.getByRole('region', { name: 'Column 1' });
    await first.getByText('Complete', { exact: true }).waitFor();
    await second.getByText('Ended at its length limit', { exact: true }).waitFor();
    for (const column of [first, second]) {
      const figures = await column.locator('dd').allTextContents();
      expect(figures[0]).toMatch(/^\d+(\.\d)? (ms|s)$/);
      expect(figures[1]).toMatch(/^\d+\.\d tokens\/s$/);
    }
    expect(await second.locator('dd').nth(2).textContent()).toBe('4');
    const [left = '', right = ''] = await page.locator('.compare-text').allTextContents();
    // The seed is fixed, so the shorter answer is the beginning of the longer one, and only the rest is marked.
    expect(left.startsWith(right)).toBe(true);
    expect(await first.locator('mark').count()).toBeGreaterThan(0);
    expect(await second.locator('mark').count()).toBe(0);
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as JSON' }).click(),
    ]);
    const saved = JSON.parse(await readFile(await download.path(), 'utf8'));
    expect(saved.columns[0].result.content).toBe(left);
    expect(saved.columns[1].result.eval_count).toBe(4);

    await page.reload();
    await expect
      .poll(() => page.getByLabel('Prompt', { exact: true }).inputValue())
      .toBe('Name three colors.');
    await expect.poll(() => page.getByLabel('Model of column 2').inputValue()).toBe(MODEL);
    // Nothing runs by itself: an address may come from anybody.
    expect(await page.locator('.compare-text').count()).toBe(0);
  });
});

describe.skipIf(!chromiumPath)('Compare', () => {
  const browser = useBrowser();
  let server: OpenAiServer;
  beforeAll(async () => {
    server = await startOpenAiServer();
  });
  afterAll(() => server?.close());

  it('stops all columns, shows what arrived, and runs four columns one after the other', async () => {
    server.say(
      Array.from({ length: 10_000 }, (_, index) => `word${index} `),
      { delayMs: 5 },
    );
    const page = await browser.open(`${server.url}/compare`);
    await page.getByRole('button', { name: 'Add a column' }).click();
    await page.getByRole('button', { name: 'Add a column' }).click();
    expect(await page.getByRole('button', { name: 'Add a column' }).count()).toBe(0);
    for (const column of [1, 2, 3, 4])
      await page.getByLabel(`Model of column ${column}`).selectOption('m:latest');
    await page.getByLabel('Prompt', { exact: true }).fill('Go');
    await page.getByLabel('One after the other').check();
    await page.getByRole('button', { name: 'Run' }).click();
    const first = page.getByRole('region', { name: 'Column 1' });
    await first.getByText('word0 word1').waitFor();
    await page.getByRole('button', { name: 'Stop' }).press('Enter');
    await expect.poll(() => page.getByText('Stopped', { exact: true }).count()).toBe(4);
    expect(await first.locator('.compare-text').textContent()).toMatch(/^word0 word1 /);
    await expect.poll(() => server.server.runner.canceled).toBe(1);
    expect(server.server.runner.requests.length).toBe(1);

    server.say(['<b>one</b> ', '<img src=x onerror=alert(1)>']);
    await page.getByRole('button', { name: 'Run' }).click();
    await expect.poll(() => page.getByText('Complete', { exact: true }).count()).toBe(4);
    expect(await first.locator('.compare-text').textContent()).toBe(
      '<b>one</b> <img src=x onerror=alert(1)>',
    );
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Remove column 4' }).click();
    await expect.poll(() => page.locator('.compare-text').count()).toBe(3);
  });

  it('says which model is missing and what to do', async () => {
    browser.allow(/status of 404/);
    const setup = { prompt: 'Go', columns: [{ model: 'm:latest' }, { model: 'gone' }] };
    const page = await browser.open(`${server.url}/compare#${encodeURIComponent(JSON.stringify(setup))}`);
    server.say(['Fine.']);
    await page.getByRole('option', { name: 'gone (not on this server)' }).waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Run' }).click();
    expect(await page.getByRole('alert').textContent()).toContain("model 'gone' not found");
    await page.getByRole('region', { name: 'Column 1' }).getByText('Complete', { exact: true }).waitFor();
  });
});
