/** The page of models in a real browser, with a real server, a real model, and a registry of our own. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { mediaTypes } from '../../../src/store/manifest.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { onBlobs, RegistryServer } from '../../fakes/servers/registry-server.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { patience } from '../support/server-requests.ts';
import { expectAccessible } from './support/accessible.ts';
import { chromiumPath } from './support/chromium.ts';
import { MODEL, startPageServer } from './support/page-server.ts';
import { useBrowser } from './support/tested-browser.ts';

/** More than one read of a connection, so that a pull can stop in the middle. */
const PADDING = 4 * 1024 * 1024;

const rowOf = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

describe.skipIf(!chromiumPath)('the page of models', () => {
  const browser = useBrowser();
  let server: TestServer;
  beforeAll(async () => {
    server = await startPageServer();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it('says what fits, loads a model, tells who uses it, and unloads it', async () => {
    const page = await browser.open(`${server.url}/models`);
    const row = rowOf(page, MODEL);
    await row.getByText(/^fits: \d+ slots? of 2k$/).waitFor();
    await page.getByLabel('Context').selectOption('8192');
    await page.getByLabel('Slots').selectOption('2');
    await row.getByText('fits: 2 slots of 8k').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: `Load ${MODEL}` }).press('Enter');
    await row.getByText(/^loaded until/).waitFor(patience);
    await row.getByText('loaded: 2 slots of 8k').waitFor();
    const { models } = (await (await fetch(`${server.url}/api/ps`)).json()) as { models: object[] };
    expect(models).toMatchObject([{ name: MODEL, context_length: 8192 }]);
    await page.getByRole('link', { name: MODEL }).press('Enter');
    const details = page.getByRole('region', { name: `Details of ${MODEL}` });
    await details.getByText('Nobody uses it now.').waitFor();
    const abort = new AbortController();
    const body = JSON.stringify({
      model: MODEL,
      prompt: 'Count',
      options: { num_predict: 2000, num_ctx: 8192 },
    });
    const answer = fetch(`${server.url}/api/generate`, { method: 'POST', body, signal: abort.signal });
    await details.getByText('1 of 2 slots are in use').waitFor();
    await answer;
    abort.abort();
    await details.getByText('Nobody uses it now.').waitFor();
    await expectAccessible(page);
    await page.reload();
    await details.locator('summary', { hasText: 'Modelfile' }).click();
    await details.locator('pre', { hasText: 'FROM' }).first().waitFor();
    await page
      .getByRole('button', { name: `Unload ${MODEL}` })
      .first()
      .press('Enter');
    await row.getByText('not loaded').waitFor();
  });

  it('copies a model, and deletes it after a question that names what that frees', async () => {
    const page = await browser.open(`${server.url}/models?model=${encodeURIComponent(MODEL)}`);
    await page.getByLabel('Name of the copy').fill('twin');
    await page.keyboard.press('Enter');
    await rowOf(page, 'twin:latest').waitFor();
    await page.getByRole('button', { name: 'Delete twin:latest' }).press('Enter');
    const question = page.getByRole('dialog', { name: 'Delete twin:latest?' });
    await question.getByText(/frees up to \d+ MB/).waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Delete twin:latest' }).press('Enter');
    await question.getByRole('button', { name: 'Delete' }).press('Enter');
    await rowOf(page, 'twin:latest').waitFor({ state: 'detached' });
    expect(await rowOf(page, MODEL).count()).toBe(1);
  });

  it('makes a model of a file, and of another model with parameters', async () => {
    const page = await browser.open(`${server.url}/models`);
    await page.getByRole('button', { name: 'Create' }).press('Enter');
    const panel = page.getByRole('region', { name: 'Create a model' });
    await panel.getByRole('button', { name: 'Create' }).press('Enter');
    await panel.getByLabel('New name').fill('x');
    await panel.getByRole('button', { name: 'Create' }).press('Enter');
    await panel.getByRole('alert').waitFor();
    await panel.getByLabel('New name').fill('');
    await panel.getByLabel(/^Drop a GGUF file/).setInputFiles(inject('smolModelPath'));
    expect(await panel.getByLabel('New name').inputValue()).toBe('smollm2-135m-instruct:q4_1');
    await expectAccessible(page);
    await panel.getByRole('button', { name: 'Create' }).press('Enter');
    await rowOf(page, 'smollm2-135m-instruct:q4_1').waitFor(patience);
    await panel.getByLabel('From a model').check();
    await panel.locator('select[name=from]').selectOption(MODEL);
    await panel.getByLabel('New name').fill('brief');
    await panel.getByLabel('System prompt').fill('Answer in one word.');
    await panel.getByLabel(/^Parameters/).fill('temperature 0.25\nstop END');
    await panel.getByRole('button', { name: 'Create' }).press('Enter');
    await rowOf(page, 'brief:latest').waitFor(patience);
    const reply = await fetch(`${server.url}/api/show`, { method: 'POST', body: '{"model":"brief"}' });
    const { parameters, system } = (await reply.json()) as { parameters: string; system: string };
    const lines = parameters.split('\n').map((line) => line.split(/\s+/).join(' '));
    expect(lines).toEqual(expect.arrayContaining(['stop "END"', 'temperature 0.25']));
    expect(system).toBe('Answer in one word.');
  });
});

describe.skipIf(!chromiumPath)('a pull on the page of models', () => {
  const browser = useBrowser();
  let folder: string;
  let registry: RegistryServer;
  let server: TestServer;
  /** Replies that are held back. */
  const held: ServerResponse[] = [];
  let isHolding = true;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'page-pull-'));
    await writeRandomModel(join(folder, 'fox.gguf'));
    const content = Buffer.concat([await readFile(join(folder, 'fox.gguf')), Buffer.alloc(PADDING)]);
    registry = await RegistryServer.start();
    registry.publish('fox', [{ mediaType: mediaTypes.model, content }]);
    // The first megabyte is what an estimate reads.
    const hold = onBlobs(registry, ({ headers: { range } }, response, blob) => {
      if (!isHolding || blob.length < PADDING || range === `bytes=0-${1024 * 1024 - 1}`) return false;
      const [, start, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? ['', '0', ''];
      const end = last ? Number(last) + 1 : blob.length;
      const part = range === undefined ? {} : { 'Content-Range': `bytes ${start}-${end - 1}/${blob.length}` };
      response.writeHead(range === undefined ? 200 : 206, { 'Content-Length': end - Number(start), ...part });
      response.write(blob.subarray(Number(start), Number(start) + 512 * 1024));
      held.push(response);
      return true;
    });
    registry.behave(hold);
    server = await startTestServer({
      env: { OLLAMA_REGISTRY_MIRRORS: `registry.ollama.ai=${registry.url}` },
    });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    for (const response of held) response.destroy();
    await registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('says what a model needs before it is there, and goes on after a stop and a reload', async () => {
    const page = await browser.open(`${server.url}/models`);
    await page.getByRole('button', { name: 'Pull a model' }).press('Enter');
    await expectAccessible(page);
    await page.getByLabel('Name').fill('fox');
    await page.getByRole('button', { name: 'Check' }).press('Enter');
    await page.getByText(/^Download: 4\.\d MB$/).waitFor();
    await page.getByText(/^fits: /).waitFor();
    await expectAccessible(page);
    await page.getByLabel('Name').press('Enter');
    const pulls = page.getByRole('region', { name: 'Pulls' });
    await expect
      .poll(() => pulls.getByRole('progressbar').getAttribute('value').then(Number), patience)
      .toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Stop fox' }).press('Enter');
    await pulls.getByText('stopped').waitFor();
    await expectAccessible(page);
    await page.reload();
    await pulls.getByText('stopped').waitFor();
    isHolding = false;
    await page.getByRole('button', { name: 'Go on fox' }).press('Enter');
    await pulls.getByText('complete').waitFor(patience);
    await rowOf(page, 'fox:latest').waitFor();
    await page.getByRole('button', { name: 'Dismiss fox' }).press('Enter');
    await pulls.waitFor({ state: 'detached' });
  });

  it('says why a model cannot be pulled', async () => {
    browser.allow(/status of 500/);
    const page = await browser.open(`${server.url}/models`);
    await page.getByRole('button', { name: 'Pull', exact: true }).press('Enter');
    // The registry speaks no TLS, which a name without more is asked by.
    await page.getByLabel('Name').fill(registry.name('none'));
    await page.getByRole('button', { name: 'Check' }).press('Enter');
    await page.locator('main .problem').getByText(/\w/).waitFor();
  });

  it('keeps the list when the server does not answer, and asks again', async () => {
    const page = await browser.open(`${server.url}/models`);
    await rowOf(page, 'fox:latest').waitFor();
    browser.allow(/Failed to load resource|ERR_FAILED/);
    await page.route('**/api/tags', (route) => route.abort());
    await page
      .getByRole('alert')
      .getByText(/^The server did not tell its models/)
      .waitFor();
    expect(await rowOf(page, 'fox:latest').count()).toBe(1);
    await expectAccessible(page);
    await page.unroute('**/api/tags');
    await page.getByRole('button', { name: 'Ask again' }).press('Enter');
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });
});
