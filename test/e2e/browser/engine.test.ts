/** The engine page in a real browser, against the real engine. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestServer } from '../support/server-process.ts';
import { patience, send } from '../support/server-requests.ts';
import { expectAccessible } from './support/accessible.ts';
import { chromiumPath } from './support/chromium.ts';
import { MODEL, startPageServer } from './support/page-server.ts';
import { useBrowser } from './support/tested-browser.ts';

interface LastChunk {
  readonly prompt_eval_count: number;
  readonly prompt_eval_cached?: number;
  readonly eval_count: number;
}

/** Counting goes on until the limit: the model does not end it by itself. */
const counting = (from: number) =>
  Array.from({ length: 40 }, (_, index) => `${from + index}`)
    .join(', ')
    .concat(',');

const figure = (text: string) => Number(text.replaceAll(/\s/g, ''));

/** The tokens of each run, by the rows of the table of blocks; the run with the longest answer first. */
function sumsOf(rows: readonly string[][]): { prefill: number; decode: number }[] {
  const sums = new Map<string, { prefill: number; decode: number }>();
  for (const [run = '', , , kind, , , tokens = ''] of rows.filter((cells) => cells[3] !== 'Load')) {
    const sum = sums.get(run) ?? { prefill: 0, decode: 0 };
    sum[kind === 'Prefill' ? 'prefill' : 'decode'] += figure(tokens);
    sums.set(run, sum);
  }
  return [...sums.values()].sort((a, b) => b.decode - a.decode || b.prefill - a.prefill);
}

describe.skipIf(!chromiumPath)('the engine page', () => {
  const browser = useBrowser();
  let server: TestServer;
  beforeAll(async () => {
    server = await startPageServer({ env: { OLLAMA_NUM_PARALLEL: '2' } });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const start = async (from: number, num_predict: number): Promise<LastChunk> => {
    const request = { model: MODEL, prompt: counting(from), raw: true, verbose_metrics: true };
    const options = { num_predict, temperature: 0, seed: 1, repeat_penalty: 1 };
    const response = await send(server, 'POST', '/api/generate', { ...request, options });
    const lines = (await response.text()).trim().split('\n');
    return JSON.parse(lines.at(-1) ?? '') as LastChunk;
  };
  /** The cells of each row of a table. */
  const rowsOf = (page: Page, table: string) =>
    page
      .locator(`${table} tbody tr`)
      .evaluateAll((rows) =>
        (rows as { cells: ArrayLike<{ textContent: string }> }[]).map(({ cells }) =>
          Array.from(cells, (cell) => cell.textContent),
        ),
      );

  it('says what to do while no model is loaded', async () => {
    const page = await browser.open(`${server.url}/engine`);
    await page.getByText('No model is loaded').waitFor();
    await page.getByText('No request waits').waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Open the chat' }).click();
    await expect.poll(() => new URL(page.url()).pathname).toBe('/');
  });

  it('shows the slots, the queue and sums that agree with the replies', async () => {
    const page = await browser.open(`${server.url}/engine`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText('5 min', { exact: true }).click();
    const streams = [start(1, 120), start(1001, 120)];
    await expect
      .poll(() => page.locator('.lane-label').allTextContents(), patience)
      .toEqual(['Slot 0', 'Slot 1']);
    await page.getByText('Table of blocks').click();
    for (const slot of [0, 1]) {
      await page.locator(`.phase-table [data-kind="decode"][data-slot="${slot}"]`).first().waitFor();
    }
    const third = start(2001, 5);
    await page.getByText('No free slot').waitFor();
    expect((await rowsOf(page, 'section[aria-labelledby="queue"]'))[0]?.[2]).toBe(MODEL);
    const replies = await Promise.all([...streams, third]);
    await page.getByText('No request waits').waitFor();

    const expected = replies.map((reply) => ({
      prefill: reply.prompt_eval_count - (reply.prompt_eval_cached ?? 0),
      decode: reply.eval_count,
    }));
    const shown = async () => sumsOf(await rowsOf(page, '.phase-table'));
    expected.sort((a, b) => b.decode - a.decode || b.prefill - a.prefill);
    await expect.poll(shown, patience).toEqual(expected);
    await expect.poll(() => page.locator('.prompt-list > li').count(), patience).toBe(3);
    await expect.poll(() => page.locator('.plot strong').first().textContent(), patience).not.toBe('none');
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await expectAccessible(page);
  });

  it('goes through the blocks, opens one and stands still, all by keyboard', async () => {
    const page = await browser.open(`${server.url}/engine`);
    await page.getByText('Live', { exact: true }).waitFor();
    await start(3001, 30);
    const timeline = page.getByRole('application', { name: 'Timeline' });
    const spoken = page.locator('.timeline [aria-live="polite"]');
    await timeline.focus();
    await expect
      .poll(async () => {
        await page.keyboard.press('End');
        return spoken.textContent();
      }, patience)
      .toContain('Decode: 30 tokens');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => spoken.textContent()).toContain('Prefill');
    await page.keyboard.press('Enter');
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByText(MODEL).waitFor();
    await details.getByText('Computed').waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
    await page.keyboard.press(' ');
    await page.getByText('Paused', { exact: true }).waitFor();
    await page.keyboard.press(' ');
    await page.getByText('Live', { exact: true }).waitFor();
  });

  it('says below an answer of a chat where its time went', async () => {
    const page = await browser.open(server.url);
    await page.getByLabel('Message', { exact: true }).fill('Name a colour.');
    await page.keyboard.press('Control+Enter');
    const summary = page.locator('.answer-time summary');
    await summary.waitFor();
    expect(await summary.textContent()).toMatch(/^First token .+ m?s · .+ tokens\/s$/);
    await summary.press('Enter');
    const text = await page.locator('.answer-time dl').textContent();
    for (const part of ['Prompt', 'tokens computed', 'Answer', 'Total', 'Request req_'])
      expect(text).toContain(part);
    await expectAccessible(page);
  });

  it('connects again by itself, and says what it waits for', async () => {
    browser.allow(/ERR_CONNECTION_REFUSED/);
    const page = await browser.open('about:blank');
    let attempts = 0;
    await page.route('**/api/engine/events', (route) => {
      attempts += 1;
      return attempts === 1 ? route.abort('connectionrefused') : route.continue();
    });
    await page.goto(`${server.url}/engine`);
    await page.getByText('Connection lost').waitFor();
    expect(await page.getByRole('heading', { name: 'Queue' }).count()).toBe(0);
    await expectAccessible(page);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('heading', { name: 'Queue' }).waitFor();
  });
});
