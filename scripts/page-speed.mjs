// `npm run bench:page`: measures the web page in Chromium: its first paint, what 200 tokens a second cost, how soon a chat of 10,000
// messages is there, and how it scrolls. Prints a table.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { chromiumPath } from './page-browser.mjs';
import { ensureBuild, ensureDependencies, root } from './setup.mjs';

const ROUNDS = 5;
const TOKENS_PER_SECOND = 200;
const STREAM_SECONDS = 10;
const MESSAGES = 10_000;
const SCROLL_SECONDS = 3;
/** A frame of 60 a second, and what timers round. */
const FRAME_MS = 17.5;

/** The parts of the tests that are in TypeScript. Two folders below the root, as the server looks for the page. */
async function loadParts() {
  const folder = join(root, 'node_modules/.cache/page-speed');
  mkdirSync(folder, { recursive: true });
  const parts = [
    ['server', 'test/fakes/servers/openai-server.ts'],
    ['chat', 'test/e2e/browser/support/long-chat.ts'],
  ];
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(parts),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  const loaded = await Promise.all(parts.map(([name]) => import(pathToFileURL(join(folder, `${name}.mjs`)))));
  return Object.assign({}, ...loaded);
}

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

/** Waits until an expression is true in the page, looking at each frame. @returns its value */
function until(page, expression) {
  return page.evaluate(`new Promise((resolve) => {
    const look = () => {
      const value = ${expression};
      if (value) resolve(value); else requestAnimationFrame(look);
    };
    look();
  })`);
}

/** Milliseconds until a browser that was never here shows something, and until one can write. */
async function firstPaint(browser, url) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const page = await browser.newPage();
    await page.goto(url);
    const ready = await until(page, 'document.querySelector("textarea") && performance.now()');
    const paint = await page.evaluate(
      'performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN',
    );
    rounds.push({ paint, ready });
    await page.close();
  }
  return { paint: median(rounds.map((one) => one.paint)), ready: median(rounds.map((one) => one.ready)) };
}

const sentence = 'The **model** writes a `word` and then _another_ one, as models do all day. ';
const section = `${sentence.repeat(4)}\n\n- one item\n- ${sentence}\n\n\`\`\`js\nconst value = compute(1, 2);\n\`\`\`\n\n`;

/** Seconds of CPU that the page used: of its main thread, and of its process. */
async function cpuOf(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  const value = (name) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { thread: value('TaskDuration'), process: value('ProcessTime') };
}

/** The delay of timers that reaches a rate: they are late, the more so the busier the machine. */
async function delayFor(rate) {
  const wanted = 1000 / rate;
  const asked = wanted - 1;
  const rounds = 200;
  const from = performance.now();
  for (let round = 0; round < rounds; round += 1) await pause(asked);
  return Math.max(1, wanted - ((performance.now() - from) / rounds - asked));
}

/** Shares of one processor while an answer streams. */
async function streaming(browser, server) {
  const pieces = section.repeat(1000).match(/\s*\S+/g);
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(server.url);
  await page.getByLabel('Message', { exact: true }).fill('Go');
  server.say(pieces, { delayMs: await delayFor(TOKENS_PER_SECOND) });
  await page.keyboard.press('Control+Enter');
  await until(page, '(document.querySelector(".markdown")?.textContent.length ?? 0) > 2000');
  const length = () => page.evaluate('document.querySelector(".markdown").textContent.split(/\\s+/).length');
  const [before, wordsBefore, from] = [await cpuOf(session), await length(), performance.now()];
  await pause(STREAM_SECONDS * 1000);
  const [after, wordsAfter, to] = [await cpuOf(session), await length(), performance.now()];
  await page.close();
  const seconds = (to - from) / 1000;
  return {
    rate: (wordsAfter - wordsBefore) / seconds,
    thread: (after.thread - before.thread) / seconds,
    process: (after.process - before.process) / seconds,
  };
}

const SCROLL = `new Promise((resolve) => {
  const box = document.querySelector('.messages');
  const gaps = [];
  let last = performance.now();
  const end = last + ${SCROLL_SECONDS * 1000};
  const step = (now) => {
    gaps.push(now - last);
    last = now;
    box.scrollTop -= 60;
    if (now < end) requestAnimationFrame(step); else resolve(gaps.slice(1));
  };
  requestAnimationFrame(step);
})`;

/** Milliseconds until the end of a long chat is shown, and how its frames come while it scrolls. */
async function longChat(browser, server, writeLongChat) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(server.url);
  await page.getByLabel('Message', { exact: true }).waitFor();
  const id = await writeLongChat(page, MESSAGES);
  const opened = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.goto('about:blank');
    await page.goto(`${server.url}/?chat=${id}`);
    const isThere = `document.querySelector('.messages')?.textContent.includes('number ${MESSAGES - 1},')`;
    opened.push(await until(page, `${isThere} && performance.now()`));
  }
  const gaps = await page.evaluate(SCROLL);
  await page.close();
  const late = gaps.filter((gap) => gap > FRAME_MS).length;
  return { opened: median(opened), frame: median(gaps), late: late / gaps.length };
}

async function main() {
  await ensureDependencies();
  await ensureBuild();
  const { startOpenAiServer, writeLongChat } = await loadParts();
  const executablePath = chromiumPath();
  const server = await startOpenAiServer();
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args });
  const percent = (share) => `${(share * 100).toFixed(1)} %`;
  try {
    const paint = await firstPaint(browser, server.url);
    const stream = await streaming(browser, server);
    const chat = await longChat(browser, server, writeLongChat);
    const rows = [
      ['first paint, ms', paint.paint.toFixed(0), '300'],
      ['ready to write, ms', paint.ready.toFixed(0), ''],
      [`main thread at ${stream.rate.toFixed(0)} tokens/s, of one core`, percent(stream.thread), '10 %'],
      ['whole process of the page at that rate, of one core', percent(stream.process), ''],
      [`${MESSAGES} messages: the end is shown after, ms`, chat.opened.toFixed(0), '500'],
      [`${MESSAGES} messages: time between frames while it scrolls, ms`, chat.frame.toFixed(1), '16.7'],
      [`${MESSAGES} messages: late frames while it scrolls`, percent(chat.late), ''],
    ];
    console.log('| figure | measured | goal |\n|---|---:|---:|');
    for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  } finally {
    await browser.close();
    await server.close();
  }
}

await main();
