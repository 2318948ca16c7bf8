/** The probabilities of tokens, and branches from their alternatives. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestServer } from '../support/server-process.ts';
import { expectAccessible } from './support/accessible.ts';
import { sendMessage, waitForAnswer } from './support/chat-page.ts';
import { chromiumPath } from './support/chromium.ts';
import { startPageServer } from './support/page-server.ts';
import { useBrowser } from './support/tested-browser.ts';

describe.skipIf(!chromiumPath)('the probabilities of an answer', () => {
  const browser = useBrowser();
  let server: TestServer;
  beforeAll(async () => {
    server = await startPageServer();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it('are shown for each token, and an alternative begins a branch, all by keyboard', async () => {
    const page = await browser.open(server.url);
    await sendMessage(page, 'Name one color, in one word.');
    const first = await waitForAnswer(page);
    await first.getByRole('button', { name: 'Probabilities' }).press('Enter');
    // Another answer, which has them.
    await page.getByText('2/2').waitFor();
    const second = await waitForAnswer(page);
    await second.getByRole('button', { name: 'Probabilities' }).press('Enter');
    const tokens = second.getByRole('toolbar', { name: 'Tokens of the answer' }).getByRole('button');
    await tokens.first().waitFor();
    const content = (await tokens.allTextContents()).join('').replaceAll('⏎', '').trim();
    expect(content.length).toBeGreaterThan(0);
    await expectAccessible(page);

    await tokens.first().focus();
    const alternatives = second.locator('.alternatives-of-token li button');
    const percents = (await alternatives.locator('span:last-child').allTextContents()).map((text) =>
      Number.parseFloat(text.replace('<', '')),
    );
    expect(percents.length).toBe(8);
    expect(percents).toEqual([...percents].sort((one, other) => other - one));
    expect(percents.reduce((sum, percent) => sum + percent, 0)).toBeLessThanOrEqual(101);

    await page.keyboard.press('Enter');
    const hasFocus = 'document.activeElement.closest(".alternatives-of-token") !== null';
    expect(await page.evaluate(hasFocus)).toBe(true);
    const branch = alternatives.and(page.locator('[aria-disabled="false"]')).first();
    const word = ((await branch.locator('.alternative-text').textContent()) ?? '')
      .replaceAll('␣', ' ')
      .trim();
    await branch.press('Enter');
    await page.getByText('3/3').waitFor();
    const third = await waitForAnswer(page);
    expect(
      (await third.locator('.plain-text, .markdown').first().textContent())?.trim().startsWith(word),
    ).toBe(true);
  });
});
