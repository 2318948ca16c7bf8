/** What stands around writing in a chat: files, settings, the context, the palette, and chats as files and programs. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encryptedTrailer, scannedPdf, textPdf } from '../../fakes/pdf/pdf-file.ts';
import type { TestServer } from '../support/server-process.ts';
import { expectAccessible } from './support/accessible.ts';
import { chromiumPath } from './support/chromium.ts';
import { MODEL, startPageServer } from './support/page-server.ts';
import { useBrowser } from './support/tested-browser.ts';

const field = (page: Page) => page.getByLabel('Message', { exact: true });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const attached = (page: Page) => page.locator('.attachment-name').allTextContents();
const complete = (page: Page) => page.locator('.message.assistant[aria-busy=false]');
const drawer = (page: Page) => page.locator('aside.drawer');

const file = (name: string, content: string | Buffer) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(content),
});
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==',
  'base64',
);

interface SentRequest {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly format?: unknown;
  readonly tools?: unknown;
  readonly keep_alive?: unknown;
}

/** The bodies of the requests for answers, as they are sent. */
function watchRequests(page: Page): SentRequest[] {
  const sent: SentRequest[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/api/chat') sent.push(request.postDataJSON() as SentRequest);
  });
  return sent;
}

/** Sets an option in the open settings. */
async function setOption(page: Page, name: string, value: string): Promise<void> {
  const input = drawer(page).locator('.option', {
    has: page.locator('code', { hasText: new RegExp(`^${name}$`) }),
  });
  await input.locator('input[type=text]').fill(value);
  await input.locator('input[type=text]').press('Tab');
}

/** Opens the settings and makes answers short. */
async function openSettings(page: Page): Promise<void> {
  await field(page).press('Alt+,');
  await drawer(page).getByRole('heading', { name: 'Chat settings' }).waitFor();
  await setOption(page, 'num_predict', '12');
}

/** Drops or pastes a file, as the browser reports it. */
const giveFile = (page: Page, kind: 'drop' | 'paste', name: string) =>
  page.evaluate(`{
    const files = new DataTransfer();
    files.items.add(new File(['text of ${name}'], '${name}'));
    const target = document.querySelector('.composer textarea');
    target.dispatchEvent(${
      kind === 'drop'
        ? `new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true })`
        : `new ClipboardEvent('paste', { clipboardData: files, bubbles: true, cancelable: true })`
    });
  }`);

/** The contents of the file that a click saves. */
async function savedText(page: Page, click: () => Promise<void>): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), click()]);
  return readFileSync(await download.path(), 'utf8');
}

async function outputOf(program: string, given: readonly string[], input: string): Promise<string> {
  const child = spawn(program, given, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(input);
  let output = '';
  for await (const piece of child.stdout) output += String(piece);
  return output;
}

describe.skipIf(!chromiumPath)('around writing in a chat', () => {
  const browser = useBrowser();
  let server: TestServer;
  beforeAll(async () => {
    server = await startPageServer();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it('attaches what the model can read, says why not, and keeps the draft over a reload', async () => {
    const page = await browser.open(server.url);
    const sent = watchRequests(page);
    const input = page.locator('.composer input[type=file]');
    await input.setInputFiles([
      file('notes.md', 'The password is swordfish.\n'),
      file('two.pdf', textPdf(['First page', 'Second page'])),
      file('scan.pdf', scannedPdf()),
      file('locked.pdf', textPdf(['x'], { trailer: encryptedTrailer })),
      file('program', Buffer.from([0, 1, 2])),
    ]);
    await expect.poll(() => page.locator('.file-problems li').count()).toBe(3);
    expect(await page.locator('.file-problems').textContent()).toMatch(
      /scan\.pdf has no text.*locked\.pdf is (?:encrypted|damaged).*program is neither/,
    );
    expect(await attached(page)).toEqual(['notes.md', 'two.pdf']);
    await input.setInputFiles(file('dot.png', png));
    await page.getByText(`${MODEL} does not read images.`).waitFor();
    await field(page).fill('What is it?');
    expect(await button(page, 'Send').isDisabled()).toBe(true);
    await expectAccessible(page);
    await button(page, 'Remove dot.png').press('Delete');
    await expect.poll(() => attached(page)).toEqual(['notes.md', 'two.pdf']);
    await giveFile(page, 'drop', 'dropped.ts');
    await giveFile(page, 'paste', 'pasted.txt');
    await expect.poll(() => attached(page)).toEqual(['notes.md', 'two.pdf', 'dropped.ts', 'pasted.txt']);
    await page.getByLabel('Enter sends').uncheck();
    await field(page).press('End');
    await field(page).press('Enter');
    await field(page).pressSequentially('Tell me.');
    await page.reload();
    await expect.poll(() => field(page).inputValue()).toBe('What is it?\nTell me.');
    expect(await attached(page)).toHaveLength(4);
    await field(page).press('Control+Enter');
    await expect.poll(() => sent.length).toBe(1);
    expect(sent[0]?.messages.at(-1)?.content).toBe(
      'notes.md:\n```markdown\nThe password is swordfish.\n```\n\n' +
        'two.pdf:\n```\nFirst page\n\n--- page 2 ---\n\nSecond page\n```\n\n' +
        'dropped.ts:\n```ts\ntext of dropped.ts\n```\n\npasted.txt:\n```\ntext of pasted.txt\n```\n\n' +
        'What is it?\nTell me.',
    );
  });

  it('sends the settings of the chat, checks what is typed, and keeps presets', async () => {
    const page = await browser.open(server.url);
    const sent = watchRequests(page);
    await openSettings(page);
    await drawer(page).getByLabel('System prompt').fill('Answer in JSON.');
    await setOption(page, 'temperature', '2000');
    await drawer(page).getByText('Enter a number from 0 to 1000.').waitFor();
    await setOption(page, 'temperature', '0');
    await drawer(page).getByRole('slider', { name: 'top_k' }).press('ArrowRight');
    await drawer(page).getByText('JSON by a schema').click();
    // The choice is seen, and going to it moves the drawer and not the whole page.
    const opacity = 'getComputedStyle(document.querySelector(".drawer [type=radio]")).opacity';
    expect(await page.evaluate(opacity)).toBe('1');
    expect(await page.evaluate('document.scrollingElement.scrollHeight - innerHeight')).toBe(0);
    await drawer(page).getByRole('textbox', { name: 'Name of the field' }).fill('colour');
    await page.keyboard.press('Tab');
    await drawer(page)
      .getByRole('combobox', { name: 'Type of colour' })
      .and(page.locator(':focus'))
      .waitFor();
    await drawer(page).getByRole('combobox', { name: 'Type of' }).selectOption('choice');
    await drawer(page).getByLabel('Choices of colour').fill('red\ngreen');
    await button(page, 'Text').click();
    const schema = drawer(page).getByLabel('JSON schema');
    await expect.poll(() => schema.inputValue()).toContain('"green"');
    const written = await schema.inputValue();
    await schema.fill('{\n  "type": "objekt"\n}');
    await drawer(page).getByText('Line 2, column 11: The type must be').waitFor();
    await schema.fill('{\n  "type": ');
    await drawer(page).getByText('Line 2, column 11: A value is missing here.').waitFor();
    await schema.fill(written);
    await drawer(page).getByText('Valid.').waitFor();
    await expectAccessible(page);
    await drawer(page).getByLabel('Name of a new preset').fill('Colours');
    await button(page, 'Save').click();
    await page.getByText('The preset is saved').waitFor();
    await field(page).fill('A colour');
    await field(page).press('Enter');
    await expect.poll(() => sent.length).toBe(1);
    expect(sent[0]).toMatchObject({
      options: { num_predict: 12, temperature: 0, top_k: 41 },
      format: { properties: { colour: { enum: ['red', 'green'] } }, required: ['colour'] },
    });
    expect(sent[0]?.messages[0]).toEqual({ role: 'system', content: 'Answer in JSON.' });
    await expect.poll(() => complete(page).last().textContent()).toMatch(/"colour": ?"(red|green)"/);
    await page.keyboard.press('Control+Shift+O');
    await expect.poll(() => drawer(page).getByLabel('System prompt').inputValue()).toBe('');
    await drawer(page).getByLabel('Preset', { exact: true }).selectOption('Colours');
    await expect.poll(() => drawer(page).getByLabel('System prompt').inputValue()).toBe('Answer in JSON.');
  });

  it('shows how full the context is, and what would be dropped', async () => {
    const page = await browser.open(server.url);
    await openSettings(page);
    await drawer(page).getByText('Context and memory').click();
    await setOption(page, 'num_ctx', '100');
    await field(page).fill('Name a river.');
    await field(page).press('Enter');
    const gauge = page.locator('button.gauge');
    await expect.poll(() => gauge.textContent()).toMatch(/^Context\d+ of 100 tokens/);
    await field(page).fill('and another river '.repeat(40));
    await expect.poll(() => gauge.textContent()).toMatch(/about \d+ of 100 tokens/);
    await gauge.press('Enter');
    await page.getByText('it drops these 2 messages').waitFor();
    expect(await page.locator('.dropped li').first().textContent()).toBe('Name a river.');
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    expect(await page.locator('.popover').count()).toBe(0);
  });

  it('finds everything by name and the texts of chats, all by keyboard', async () => {
    const page = await browser.open(server.url);
    await openSettings(page);
    await field(page).fill('Where do narwhals live?');
    await field(page).press('Enter');
    await complete(page).first().waitFor();
    const palette = page.getByRole('combobox', { name: 'Search actions, pages, models and chats' });
    await page.keyboard.press('Control+k');
    await palette.fill('engine');
    await page.getByRole('option', { name: 'Engine' }).waitFor();
    await expectAccessible(page);
    await palette.press('Enter');
    await expect.poll(() => new URL(page.url()).pathname).toBe('/engine');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await palette.fill('NARWHALS live');
    await page.locator('.palette mark').first().waitFor();
    await palette.press('ArrowUp');
    await palette.press('Enter');
    await page.waitForURL(/\?chat=/);
    await page.locator('.message.user', { hasText: 'narwhals' }).waitFor();
    await page.keyboard.press('Control+Shift+O');
    await expect.poll(() => new URL(page.url()).search).toBe('');
  });

  it('writes chats to files and reads them in another browser, and refuses other files whole', async () => {
    const page = await browser.open(server.url);
    await openSettings(page);
    await field(page).fill('Say hello.');
    await field(page).press('Enter');
    await complete(page).first().waitFor();
    const menu = page.locator('.menu');
    const save = (form: RegExp) =>
      savedText(page, async () => {
        await button(page, 'Export').click();
        await menu.getByRole('button', { name: form }).first().click();
      });
    expect(await save(/^Markdown/)).toContain(`# Say hello.\n\n## You\n\nSay hello.\n\n## ${MODEL}\n\n`);
    expect(JSON.parse(await save(/^OpenAI/))).toMatchObject({
      messages: [{ role: 'user', content: 'Say hello.' }, { role: 'assistant' }],
    });
    const lines = await save(/^JSON lines/);
    const other = await browser.open(server.url);
    const read = async (content: string) => {
      await button(other, 'Export').click();
      await other.locator('.menu input[type=file]').setInputFiles(file('chats.jsonl', content));
    };
    await read(`${lines}{"type":"message"}\n`);
    await other.getByText('Nothing was imported. Line').waitFor();
    await button(other, 'Export').click();
    await expectAccessible(other);
    await other.keyboard.press('Escape');
    await read(lines);
    await other.getByText('1 chat was imported.').waitFor();
    await other.locator('.message.user', { hasText: 'Say hello.' }).waitFor();
    await read(lines);
    await expect.poll(() => other.locator('.chat-link').count()).toBe(1);
  });

  it('shows requests as programs, which the server answers', async () => {
    const page = await browser.open(server.url);
    await openSettings(page);
    await field(page).fill(`It's "quoted" $HOME \`id\` \\n`);
    await field(page).press('Enter');
    await complete(page).first().waitFor();
    await button(page, 'As code').last().click();
    const program = page.locator('.code-panel pre');
    await program.waitFor();
    const curl = (await program.textContent()) ?? '';
    await expectAccessible(page);
    await button(page, 'Python').click();
    const python = (await program.textContent()) ?? '';
    await button(page, 'TypeScript').click();
    const typescript = (await program.textContent()) ?? '';
    const chunks = (await outputOf('sh', ['-s'], curl)).trim().split('\n');
    expect(JSON.parse(chunks.at(-1) ?? '')).toMatchObject({ done: true });
    expect((await outputOf('python3', ['-'], python)).trim()).not.toBe('');
    expect((await outputOf(process.execPath, ['--input-type=module', '-'], typescript)).trim()).not.toBe('');
  });
});
