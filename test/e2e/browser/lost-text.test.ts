/** What would lose or waste text: chats that are deleted elsewhere, a full browser, foreign addresses. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenAiServer, startOpenAiServer } from '../../fakes/servers/openai-server.ts';
import { sendMessage, waitForAnswer } from './support/chat-page.ts';
import { chromiumPath } from './support/chromium.ts';
import { useBrowser } from './support/tested-browser.ts';

describe.skipIf(!chromiumPath)('the page', () => {
  const browser = useBrowser();
  let server: OpenAiServer;
  beforeAll(async () => {
    server = await startOpenAiServer();
  });
  afterAll(() => server?.close());

  it('stops the answer of a chat that another tab deletes, and leaves the chat', async () => {
    server.say(
      Array.from({ length: 3000 }, (_, index) => `word${index} `),
      { delayMs: 20 },
    );
    const page = await browser.open(server.url);
    await sendMessage(page, 'Go on');
    await page.locator('article.assistant[aria-busy="true"]').waitFor();
    const other = await browser.open(page.url(), { beside: page });
    const remove = other.getByRole('button', { name: 'Delete “Go on”' });
    await remove.press('Enter');
    await other.keyboard.press('Escape');
    expect(await remove.evaluate((button) => button.matches(':focus'))).toBe(true);
    await remove.press('Enter');
    await other.locator('.chat-question .danger').click();
    for (const tab of [page, other]) await tab.waitForURL(`${server.url}/`);
    await expect.poll(() => server.server.runner.canceled).toBe(1);
  });

  it('says that a chat cannot be saved', async () => {
    browser.allow(/QuotaExceeded|no room|^error: $/);
    server.say(['Hello.']);
    const page = await browser.open(server.url);
    await page.evaluate(
      `IDBObjectStore.prototype.put = () => { throw new DOMException('no room', 'QuotaExceededError'); }`,
    );
    await sendMessage(page, 'Hi');
    await waitForAnswer(page);
    await page.getByText('This browser could not save the chat').waitFor();
  });

  it('does nothing by itself for a foreign address, and keeps no chat under a name that no chat can have', async () => {
    const setup = {
      prompt: 'Hi',
      columns: [{ model: 'm' }, { model: 'm', options: `{"stop":${'['.repeat(9000)}` }],
    };
    const before = server.server.runner.requests.length;
    const compare = await browser.open(`${server.url}/compare#${encodeURIComponent(JSON.stringify(setup))}`);
    await compare.getByText('The options of column 2 must be a JSON object.').waitFor();
    const page = await browser.open(`${server.url}/?chat=..%2Fx&q=Hi&prompt=Hi&model=m`);
    await page.getByLabel('Message', { exact: true }).waitFor();
    expect(server.server.runner.requests.length).toBe(before);
    server.say(['Hello.']);
    await sendMessage(page, 'Hi');
    await waitForAnswer(page);
    expect(page.url()).toMatch(/\?chat=[0-9a-f-]{36}$/);
  });
});
