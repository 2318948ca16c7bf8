/** The chat: with the small real model, and with a model that says what a test writes. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callPieces, type OpenAiServer, startOpenAiServer } from '../../fakes/servers/openai-server.ts';
import type { TestServer } from '../support/server-process.ts';
import { expectAccessible } from './support/accessible.ts';
import { chromiumPath } from './support/chromium.ts';
import { startPageServer } from './support/page-server.ts';
import { useBrowser } from './support/tested-browser.ts';

async function write(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByLabel('Message', { exact: true }).press('Control+Enter');
}

const answers = (page: Page) => page.locator('.message.assistant');
/** Answers that are complete. */
const complete = (page: Page) => page.locator('.message.assistant[aria-busy=false]');
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
async function textOf(page: Page): Promise<string> {
  return ((await answers(page).last().locator('.markdown').textContent()) ?? '').trim();
}

/** Puts a chat with settings into the browser, as if it had been begun there. */
async function addChat(page: Page, id: string, settings: object): Promise<void> {
  await page.getByLabel('Message', { exact: true }).waitFor();
  await page.evaluate(
    `new Promise((resolve, reject) => {
      const opened = indexedDB.open('ollama');
      opened.onerror = reject;
      opened.onsuccess = () => {
        const transaction = opened.result.transaction(['chats', 'entries'], 'readwrite');
        const [id, settings] = ${JSON.stringify([id, settings])};
        const at = new Date().toISOString();
        transaction.objectStore('chats').put({ id, title: id, created_at: at, updated_at: at });
        transaction.objectStore('entries').put({ type: 'settings', id: 'settings', at, settings }, [id, 'settings']);
        transaction.oncomplete = resolve;
      };
    })`,
  );
}

describe.skipIf(!chromiumPath)('A chat with a real model', () => {
  const browser = useBrowser();
  let server: TestServer;
  beforeAll(async () => {
    server = await startPageServer({ env: { OLLAMA_UI_CHATS: 'on' } });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it('streams an answer, keeps it over a reload, goes on after a stop, and is the same on another device', async () => {
    const page = await browser.open(server.url);
    await write(page, 'Write a long story about a ship.');
    await page.waitForURL(/\?chat=/);
    await expect.poll(() => textOf(page)).toMatch(/\w+ \w+/);
    await page.keyboard.press('Escape');
    await page.getByRole('region', { name: 'Messages' }).getByText('Stopped.').waitFor();
    // Who listens hears the same, and not that the answer is complete.
    expect(await page.locator('[aria-live=polite]').allTextContents()).toContain('Stopped.');
    const begun = (await textOf(page)).trim();
    await page.reload();
    await expect.poll(() => textOf(page)).toContain(begun.slice(0, 20));
    await button(page, 'Go on').click();
    await expect.poll(async () => (await textOf(page)).length).toBeGreaterThan(begun.length + 20);
    expect((await textOf(page)).startsWith(begun.slice(0, 20))).toBe(true);
    await button(page, 'Stop').click();
    await page.getByRole('region', { name: 'Messages' }).getByText('Stopped.').waitFor();
    expect(await page.locator('.message').count()).toBe(2);
    const written = await textOf(page);
    await expectAccessible(page);

    const other = await browser.open(page.url(), { width: 390, height: 844 });
    await expect.poll(() => textOf(other)).toBe(written);
    expect(await other.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await expectAccessible(other);
  });
});

describe.skipIf(!chromiumPath)('A chat', () => {
  const browser = useBrowser();
  let server: OpenAiServer;
  beforeAll(async () => {
    server = await startOpenAiServer();
  });
  afterAll(() => server?.close());

  it('keeps alternatives of questions and answers, and steps through them by keyboard', async () => {
    const page = await browser.open(server.url);
    server.say(['One.']);
    await write(page, 'First question');
    await complete(page).getByText('One.').waitFor();
    server.say(['Two.']);
    await button(page, 'Answer again').click();
    await complete(page).getByText('Two.').waitFor();
    expect(await page.getByRole('group', { name: 'Alternatives' }).textContent()).toContain('2/2');
    await page.keyboard.press('Alt+ArrowUp');
    await complete(page).getByText('One.').waitFor();
    await page.keyboard.press('Alt+ArrowDown');
    await complete(page).getByText('Two.').waitFor();

    server.say(['Three.']);
    await page.locator('.message.user').getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Edit').fill('Second question');
    await page.getByLabel('Edit').press('Control+Enter');
    await complete(page).getByText('Three.').waitFor();
    expect(await server.lastPrompt()).not.toContain('First question');
    await page.reload();
    await complete(page).getByText('Three.').waitFor();
    await page.locator('.message.user').getByRole('button', { name: 'The alternative before' }).click();
    await complete(page).getByText('Two.').waitFor();

    const question = page.locator('.message.user .delete-message');
    await question.getByRole('button', { name: 'Delete' }).click();
    await page.keyboard.press('Escape');
    await question.getByRole('button', { name: 'Delete' }).click();
    await question.getByText('Delete this message and the 1 below it for good?').waitFor();
    await question.getByRole('button', { name: 'Delete' }).click();
    await complete(page).getByText('Three.').waitFor();
    await page.getByRole('button', { name: /^Delete “First question”/ }).click();
    await page.locator('.chat-question').getByRole('button', { name: 'Delete' }).click();
    await expect.poll(() => page.locator('.chat-link').count()).toBe(0);
    await page.reload();
    await page.getByText('Chats that you begin appear here.').waitFor();
  });

  it('deletes a chat for good, also when the page is left at that moment', async () => {
    const page = await browser.open(server.url);
    for (const name of ['one', 'two', 'three', 'four', 'five']) {
      server.say(['Done.']);
      await page.goto(server.url);
      await write(page, `Chat ${name}`);
      await complete(page).getByText('Done.').waitFor();
      await page.getByRole('button', { name: `Delete “Chat ${name}”` }).click();
      await page.locator('.chat-question').getByRole('button', { name: 'Delete' }).waitFor();
      await Promise.all([
        page.waitForEvent('load'),
        page.evaluate("document.querySelector('.chat-question .danger').click(); location.reload()"),
      ]);
      await page.getByText('Chats that you begin appear here.').waitFor();
    }
  });

  it('shows Markdown, thinking and tool calls, sends results by hand, and shows no HTML', async () => {
    const page = await browser.open(server.url);
    await addChat(page, 'tools', {
      model: 'm:latest',
      tools: [
        { type: 'function', function: { name: 'weather', description: 'The weather now', parameters: {} } },
      ],
    });
    await page.goto(`${server.url}/?chat=tools`);
    server.say(['<think>', 'Hm, **well**', '</think>', ...callPieces('weather', { city: 'Taipei' })]);
    await page.getByLabel('Message', { exact: true }).waitFor();
    await write(page, 'How is the weather?');
    await page.getByText('Calls weather').waitFor();
    await page.getByRole('button', { name: /^▸? ?Thought for/ }).press('Enter');
    await page.locator('.thinking-text strong', { hasText: 'well' }).waitFor();
    server.say([
      '# Rain\n\nIt is **wet** <b>here</b>.\n\n```py\nprint("&lt;")\n```\n\n',
      '$x^2$ and [a page](https://example.com/) and ![cat](https://evil.example/cat.png)\n\n',
      '<script>document.title = "taken"</script>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n',
    ]);
    await page.getByLabel('Result of weather').fill('rain, 12 °C');
    await button(page, 'Send the results').click();
    await page.locator('.markdown table').waitFor();
    expect(await server.lastPrompt()).toContain('[tool:weather]rain, 12 °C');
    const last = answers(page).last();
    expect(await last.locator('.markdown').textContent()).toContain('<b>here</b>');
    expect(await last.locator('.markdown').textContent()).toContain('document.title = "taken"');
    expect(await last.locator('script, b, img').count()).toBe(0);
    await last.locator('pre .hljs-string', { hasText: '"&lt;"' }).waitFor();
    await last.locator('math').waitFor();
    const link = last.getByRole('link', { name: 'a page' });
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
    expect(await last.textContent()).toContain('(example.com)');
    await last.getByRole('link', { name: 'Picture: cat' }).waitFor();
    await expectAccessible(page);
  });

  it('writes in several chats at once, and in two tabs without losing or doubling anything', async () => {
    const page = await browser.open(server.url);
    const pieces = Array.from({ length: 250 }, (_, index) => `word${index} `);
    server.say(pieces, { delayMs: 12 });
    await write(page, 'The first chat');
    await answers(page).getByText('word3').waitFor();
    await page.keyboard.press('Control+Shift+O');
    await page.getByText('Write the first message below.').waitFor();
    await write(page, 'The second chat');
    // The model of this server has one slot.
    await page.locator('.answer-progress').getByText('Number 1 in line').waitFor();
    await expect.poll(() => page.getByRole('img', { name: 'Writing' }).count()).toBe(2);
    const tab = await browser.open(page.url(), { beside: page });
    await tab.getByRole('link', { name: 'The first chat' }).click();
    await expect.poll(() => textOf(tab)).toContain('word249');
    expect(await textOf(tab)).toBe(pieces.join('').trim());
    await page.getByRole('link', { name: 'The first chat' }).click();
    await expect.poll(() => textOf(page)).toBe(pieces.join('').trim());
    server.say(['Short.']);
    await write(tab, 'Written in the other tab');
    await complete(tab).getByText('Short.').waitFor();
    await complete(page).getByText('Short.').waitFor();
    for (const one of [page, tab]) expect(await one.locator('.message').count()).toBe(4);
  });

  it('keeps what arrived when the page is closed in the middle, and a draft', async () => {
    const page = await browser.open(server.url);
    server.say(
      Array.from({ length: 2000 }, (_, index) => `word${index} `),
      { delayMs: 5 },
    );
    await write(page, 'Tell me much');
    // What is written is saved every second.
    await answers(page).getByText('word300').waitFor();
    await page.getByLabel('Message', { exact: true }).fill('not sent yet');
    await page.reload();
    await page.getByText('The connection to the server was lost.').waitFor();
    expect(await textOf(page)).toContain('word20');
    await expect.poll(() => page.getByLabel('Message', { exact: true }).inputValue()).toBe('not sent yet');
    server.say(['and the end.']);
    await button(page, 'Go on').click();
    await complete(page).getByText('and the end.').waitFor();
    expect(await server.lastPrompt()).toMatch(/\[assistant\]word0 word1 [^[]*$/);
  });
});
