/** Measures a swap between two models when only one may be loaded. `npm run bench` creates the second model. */
import { setTimeout as pause } from 'node:timers/promises';
import { getText, postLines } from '../http.ts';
import type { Scenario } from '../scenario.ts';
import { parseRecord } from '../servers/server.ts';

const SECOND_MODEL = 'bench-second:latest';
const POLL_MS = 2;
/** Pause between two requests for the list of models while a model loads. */
const LOOK_MS = 5;

export const swap: Scenario = {
  name: 'swap',
  figures: {
    unload: { title: 'unload until the memory is free, ms', better: 'lower' },
    swap: { title: 'swap of two models, relative to an unload plus a load', better: 'lower' },
    tags: { title: 'slowest GET /api/tags while a model loads, ms', better: 'lower' },
  },
  async run(server) {
    if (server.model === undefined || !server.unload || !(await server.hasModel?.(SECOND_MODEL))) return {};
    const { url, model } = server;
    await server.unload();
    let isLoading = true;
    const loading = timed(() => generate(url, model, {})).finally(() => {
      isLoading = false;
    });
    let tags = 0;
    while (isLoading) {
      tags = Math.max(tags, await timed(async () => void (await getText(`${url}/api/tags`))));
      await pause(LOOK_MS);
    }
    await loading;
    const unloading = await timed(() => unload(url, model));
    const load = await timed(() => generate(url, model, {}));
    const swapping = await timed(() => generate(url, SECOND_MODEL, {}));
    await unload(url, SECOND_MODEL);
    return { unload: unloading, swap: swapping / (unloading + load), tags };
  },
};

async function generate(url: string, model: string, fields: object): Promise<void> {
  for await (const line of postLines(`${url}/api/generate`, { model, ...fields })) parseRecord(line);
}

async function unload(url: string, model: string): Promise<void> {
  await generate(url, model, { keep_alive: 0 });
  while (!(await getText(`${url}/api/ps`)).text.includes('"models":[]')) await pause(POLL_MS);
}

/** @returns milliseconds */
async function timed(run: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
