/** Chats that are interrupted, shared by tabs, very long, or very fast lose nothing. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../../src/server/serve.ts';
import { type OpenAiServer, startOpenAiServer } from '../../fakes/servers/openai-server.ts';
import { type ScriptServer, startScriptServer } from '../../fakes/servers/script-server.ts';
import { lastAnswer, sendMessage, waitForAnswer } from './support/chat-page.ts';
import { chromiumPath } from './support/chromium.ts';
import { textOfMessage, writeLongChat } from './support/long-chat.ts';
import { useBrowser } from './support/tested-browser.ts';

const LONG_CHAT = 10_000;
/** More would be as many elements as a page without a virtual list. */
const MAX_SHOWN = 200;

const words = (count: number, name = 'word') =>
  Array.from({ length: count }, (_, index) => `${name}${index} `);
const contentOf = async (page: Page) => (await lastAnswer(page).locator('.markdown').textContent()) ?? '';

describe.skipIf(!chromiumPath)('a chat', () => {
  const browser = useBrowser();
  let server: OpenAiServer;
  beforeAll(async () => {
    server = await startOpenAiServer();
  });
  afterAll(() => server?.close());

  it('keeps an answer that a reload interrupts, and goes on with it', async () => {
    server.say(words(100_000), { delayMs: 5 });
    const page = await browser.open(server.url);
    await sendMessage(page, 'Count');
    await lastAnswer(page).getByText('word300 ').waitFor();
    await page.reload();
    await lastAnswer(page).getByRole('button', { name: 'Go on' }).waitFor();
    const kept = (await contentOf(page)).trim();
    expect(kept).toMatch(/^word0 word1 word2 /);
    server.say([' and the end.']);
    await lastAnswer(page).getByRole('button', { name: 'Go on' }).click();
    await expect.poll(() => contentOf(page)).toContain('and the end.');
    expect((await contentOf(page)).startsWith(kept)).toBe(true);
    expect(await server.lastPrompt()).toContain(kept.slice(-40));
  });

  it('is the same in two tabs, without a message lost or doubled', async () => {
    server.say(words(200), { delayMs: 5 });
    const first = await browser.open(server.url);
    await sendMessage(first, 'From the first tab');
    await lastAnswer(first).getByText('word5 ').waitFor();
    const second = await browser.open(first.url(), { beside: first });
    await lastAnswer(second).getByText('word5 ').waitFor();
    await waitForAnswer(first);
    await expect.poll(() => contentOf(second)).toContain('word199');
    server.say(words(20, 'other'));
    await sendMessage(second, 'From the second tab');
    await expect.poll(() => contentOf(first)).toContain('other19');
    await waitForAnswer(second);
    const textsOf = (page: Page) =>
      page.locator('.message .plain-text, .message .markdown').allTextContents();
    await expect.poll(() => textsOf(first)).toEqual(await textsOf(second));
    expect((await textsOf(first)).map((text) => text.slice(0, 20).trim())).toEqual([
      'From the first tab',
      'word0 word1 word2 wo',
      'From the second tab',
      'other0 other1 other2',
    ]);
    await first.reload();
    await expect.poll(() => textsOf(first)).toEqual(await textsOf(second));
  });

  it(`of ${LONG_CHAT} messages shows its end, and its beginning by one key`, async () => {
    const page = await browser.open(server.url);
    await page.getByLabel('Message', { exact: true }).waitFor();
    const id = await writeLongChat(page, LONG_CHAT);
    await page.goto(`${server.url}/?chat=${id}`);
    const lastText = textOfMessage(LONG_CHAT - 1).slice(0, 28);
    await page.getByText(lastText).waitFor();
    expect(await page.locator('article').count()).toBeLessThan(MAX_SHOWN);
    await page.getByLabel('Messages').focus();
    await page.keyboard.press('Home');
    await page.getByText(textOfMessage(0).slice(0, 25)).waitFor();
    expect(await page.locator('article').count()).toBeLessThan(MAX_SHOWN);
    await page.keyboard.press('End');
    await page.getByText(lastText).waitFor();
  });

  it('shows all of 2000 tokens that arrive as fast as they can', async () => {
    const pieces = words(2000);
    server.say(pieces, { delayMs: 1 });
    const page = await browser.open(server.url);
    await sendMessage(page, 'Fast');
    await waitForAnswer(page);
    expect((await contentOf(page)).trim()).toBe(pieces.join('').trim());
    await page.reload();
    await expect.poll(async () => (await contentOf(page)).trim()).toBe(pieces.join('').trim());
  });
});

describe.skipIf(!chromiumPath)('a server that is started again', () => {
  const browser = useBrowser();
  let server: ScriptServer;
  beforeAll(async () => {
    server = await startScriptServer();
    await server.addModel('m', {
      create: { template: '{{ range .Messages }}{{ .Role }}: {{ .Content }}\n{{ end }}' },
    });
  });
  afterAll(() => server?.close());

  it('in the middle of an answer leaves its text, and the answer goes on', async () => {
    browser.allow(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET/);
    const before = await listen(server.app, { host: '127.0.0.1', port: 0 });
    server.runner.script = { pieces: words(100_000), delayMs: 5 };
    const page = await browser.open(before.url);
    await sendMessage(page, 'Count');
    await lastAnswer(page).getByText('word50 ').waitFor();
    await before.close(0);
    await lastAnswer(page).getByText('The connection to the server was lost.').waitFor();
    await page.getByText('The server does not answer.').waitFor();
    expect(await contentOf(page)).toMatch(/^word0 word1 word2 /);
    await page.getByLabel('Message', { exact: true }).fill('A draft');

    const after = await listen(server.app, { host: '127.0.0.1', port: before.port });
    await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
    server.runner.script = { pieces: [' and the end.'] };
    await lastAnswer(page).getByRole('button', { name: 'Go on' }).click();
    await expect.poll(() => contentOf(page)).toMatch(/^word0 word1 .* and the end\.$/);
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('A draft');
    await after.close(0);
  });
});
