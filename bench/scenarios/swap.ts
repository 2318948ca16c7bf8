/** Measures a swap between two models when only one may be loaded. `npm run bench` creates the second model. */
import { setTimeout as pause } from 'node:timers/promises';
import { getText, postLines } from '../http.ts';
import type { Scenario } from '../scenario.ts';
import { parseRecord } from '../servers/server.ts';

const SECOND_MODEL = 'bench-second';
const POLL_MS = 2;
/** Pause between two requests for the list of models while a model loads. */
const LOOK_MS = 5;

/** @param model the first of the two models */
export function swap(url: string, model: string): Scenario {
  const generate = async (name: string, fields: object) => {
    for await (const line of postLines(`${url}/api/generate`, { model: name, ...fields })) parseRecord(line);
  };
  const timed = async (run: () => Promise<void>) => {
    const start = performance.now();
    await run();
    return performance.now() - start;
  };
  const unload = async (name: string) => {
    await generate(name, { keep_alive: 0 });
    while (!(await getText(`${url}/api/ps`)).text.includes('"models":[]')) await pause(POLL_MS);
  };
  return {
    name: 'swap',
    figures: {
      unload: { title: 'unload until the memory is free, ms', better: 'lower' },
      swap: { title: 'swap of two models, relative to an unload plus a load', better: 'lower' },
      tags: { title: 'slowest GET /api/tags while a model loads, ms', better: 'lower' },
    },
    async run(server) {
      if (server.url !== url || !(await getText(`${url}/api/tags`)).text.includes(SECOND_MODEL)) return {};
      await server.unload?.();
      let isLoading = true;
      const loading = timed(() => generate(model, {})).finally(() => {
        isLoading = false;
      });
      let tags = 0;
      while (isLoading) {
        tags = Math.max(tags, await timed(async () => void (await getText(`${url}/api/tags`))));
        await pause(LOOK_MS);
      }
      await loading;
      const unloading = await timed(() => unload(model));
      const load = await timed(() => generate(model, {}));
      const swapping = await timed(() => generate(SECOND_MODEL, {}));
      await unload(SECOND_MODEL);
      return { unload: unloading, swap: swapping / (unloading + load), tags };
    },
  };
}
