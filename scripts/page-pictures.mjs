// `npm run screenshots`: makes the pictures of the web page in docs/pictures/, from a real server with a real model. Takes a minute.
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { ensureSmolModel } from './model-cache.mjs';
import { chromiumPath } from './page-browser.mjs';
import { startServerProcess } from './server-process.mjs';
import { ensureBuild, ensureDependencies, program, root, run, SetupError } from './setup.mjs';

const MODEL = 'smollm2:135m';
const FOLDER = join(root, 'docs/pictures');
/** Pictures are in the repository for good. */
const MAX_BYTES = 150 * 1024;
const QUALITY = 80;
const wide = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

/** Each is made by `prepare`, after which the page shows what the picture is for. */
const pictures = [
  { name: 'chat', path: '/', size: wide, colorScheme: 'light', prepare: showProbabilities },
  { name: 'chat-phone', path: '/', size: phone, colorScheme: 'dark', prepare: showChat },
  { name: 'models', path: '/models', size: wide, colorScheme: 'light', prepare: showText(MODEL) },
  { name: 'engine', path: '/engine', size: wide, colorScheme: 'dark', prepare: showEngine },
  { name: 'compare', path: '/compare', size: wide, colorScheme: 'dark', prepare: showComparison },
  { name: 'settings', path: '/settings', size: wide, colorScheme: 'light', prepare: showSettings },
];

function showText(text) {
  return (page) => page.getByText(text).first().waitFor();
}

async function showChat(page) {
  await page.getByLabel('Message', { exact: true }).fill('Why is the sky blue? Answer in two sentences.');
  await page.keyboard.press('Control+Enter');
  await page.locator('article.assistant[aria-busy="false"]').waitFor({ timeout: 120_000 });
}

/** A branch with the probabilities of its tokens. */
async function showProbabilities(page) {
  await showChat(page);
  const button = page.getByRole('button', { name: 'Probabilities' });
  await button.click();
  await page.getByText('2/2').waitFor();
  await button.click({ timeout: 120_000 });
  await page.locator('.token.sure-0').first().click();
}

async function showSettings(page) {
  await page.locator('main h1').waitFor();
  await page.waitForLoadState('networkidle');
}

async function showComparison(page) {
  await page.getByLabel('Prompt', { exact: true }).fill('Describe the sea in one sentence.');
  for (const column of [1, 2]) await page.getByLabel(`Model of column ${column}`).selectOption(MODEL);
  const second = page.getByRole('region', { name: 'Column 2' });
  await second.locator('.compare-settings summary').click();
  await second.getByLabel('Options (JSON)').fill('{"temperature": 0.6}');
  await second.locator('.compare-settings summary').click();
  await page.getByRole('button', { name: 'Run' }).click();
  await page.locator('mark').first().waitFor({ timeout: 120_000 });
}

/** Several clients at once, so that there is something to see. */
async function showEngine(page, url) {
  const prompts = [
    'Tell a long story of a lighthouse.',
    'Explain how bread is made.',
    'Count to one hundred.',
  ];
  const answers = prompts.map(async (prompt) => {
    const body = { model: MODEL, prompt, stream: false, options: { num_predict: 220 } };
    const reply = await fetch(`${url}/api/generate`, { method: 'POST', body: JSON.stringify(body) });
    await reply.text();
  });
  await Promise.all(answers);
  await page.waitForTimeout(500);
}

async function makePicture(browser, url, { name, path, size, colorScheme, prepare }) {
  const context = await browser.newContext({
    viewport: size,
    colorScheme,
    locale: 'en-US',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(url + path);
  await prepare(page, url);
  await page.mouse.move(0, 0);
  const session = await context.newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
  const file = join(FOLDER, `${name}.webp`);
  writeFileSync(file, Buffer.from(data, 'base64'));
  await context.close();
  const { size: bytes } = statSync(file);
  if (bytes > MAX_BYTES) throw new SetupError(`${file} has ${bytes} bytes; at most ${MAX_BYTES} are allowed`);
  console.log(`${file}: ${Math.round(bytes / 1024)} KiB`);
}

async function main() {
  await ensureDependencies();
  await ensureBuild();
  mkdirSync(FOLDER, { recursive: true });
  const home = mkdtempSync(join(tmpdir(), 'ollama-pictures-'));
  const env = {
    HOME: home,
    OLLAMA_MODELS: join(home, 'models'),
    OLLAMA_CONFIG: devNull,
    OLLAMA_KV_CACHE_BUDGET: '0',
    OLLAMA_NUM_PARALLEL: '4',
  };
  const executablePath = chromiumPath();
  const server = await startServerProcess({ env });
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args });
  try {
    const modelfile = join(home, 'Modelfile');
    const parameters = ['num_predict 120', 'temperature 0', 'seed 1'].map((line) => `PARAMETER ${line}\n`);
    writeFileSync(modelfile, `FROM ${await ensureSmolModel()}\n${parameters.join('')}`);
    const client = { env: { ...process.env, ...env, OLLAMA_HOST: server.host }, stdio: 'ignore' };
    const status = await run(process.execPath, [program, 'create', MODEL, '-f', modelfile], client);
    if (status !== 0) throw new SetupError('the model was not created');
    for (const picture of pictures) await makePicture(browser, server.url, picture);
  } finally {
    await browser.close();
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

await main();
