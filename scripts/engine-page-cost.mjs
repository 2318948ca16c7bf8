// Measures what the engine page costs the browser, with made events of eight busy slots and five minutes of history:
//   node scripts/build.mjs && node scripts/engine-page-cost.mjs
// `--serve PORT` only serves the page with those events, to look at it.
import { chromium } from 'playwright-core';
import { serveMadeEngine } from './engine-page/made-server.mjs';

const MEASURED_MS = 8000;
const windows = ['10 s', '60 s', '5 min'];

/** Runs in the page: notes how long the frames that draw the timeline take in JavaScript. */
const noteFrames = `
  const clear = CanvasRenderingContext2D.prototype.clearRect;
  let drew = false;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    drew ||= this.canvas.closest('.lanes-canvas') !== null;
    clear.apply(this, box);
  };
  const request = window.requestAnimationFrame.bind(window);
  window.frameTimes = [];
  window.requestAnimationFrame = (callback) => request((time) => {
    drew = false;
    const started = performance.now();
    callback(time);
    if (drew) window.frameTimes.push(performance.now() - started);
  });
`;

const port = process.argv.indexOf('--serve');
if (port > 0) {
  const { address } = await serveMadeEngine(Number(process.argv[port + 1] ?? 0));
  console.log(`${address}/engine`);
} else await measure();

async function measure() {
  const server = await serveMadeEngine();
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args,
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.addInitScript(noteFrames);
    await page.goto(`${server.address}/engine`);
    await page.locator('.lane-label').nth(8).waitFor();
    const session = await page.context().newCDPSession(page);
    // Processor time, so that other programs of the machine do not count.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    console.log('window  frames/s  drawing: p50 ms  p90 ms  page: % of a core');
    for (const window of windows) {
      await page.getByText(window, { exact: true }).first().click();
      await page.evaluate('window.frameTimes = []');
      console.log(await figuresOf(page, session, window));
    }
  } finally {
    await browser.close();
    server.close();
  }
}

async function figuresOf(page, session, window) {
  const before = await taskSeconds(session);
  await page.waitForTimeout(MEASURED_MS);
  const busy = (await taskSeconds(session)) - before;
  // A frame in which nothing moved by a pixel draws nothing.
  const drawn = (await page.evaluate('window.frameTimes')).sort((a, b) => a - b);
  const percentile = (share) => drawn[Math.floor(drawn.length * share)] ?? 0;
  const columns = [
    window.padEnd(6),
    (drawn.length / (MEASURED_MS / 1000)).toFixed(1).padStart(8),
    percentile(0.5).toFixed(2).padStart(15),
    percentile(0.9).toFixed(2).padStart(7),
    ((busy * 100_000) / MEASURED_MS).toFixed(1).padStart(17),
  ];
  return columns.join('  ');
}

/** Seconds that the main thread of the page was busy. */
async function taskSeconds(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value;
}
