import { readFile } from 'node:fs/promises';
import { getText } from '../http.ts';
import { randomNumber } from '../prompts.ts';
import type { Scenario } from '../scenario.ts';
import type { BenchServer } from '../servers/server.ts';

const ONE_TOKEN_REQUESTS = 20;
/** Enough requests to warm up both servers. */
const CHEAP_REQUESTS = 2000;
const KIB = 1024;
const MIB = KIB * KIB;

export const coldLoad: Scenario = {
  name: 'cold',
  figures: { seconds: { title: 'cold load to first token, s', better: 'lower' } },
  async run(server) {
    if (!server.unload) return {};
    await server.unload();
    const { firstTokenAfter } = await server.generate({ prompt: 'Hi', tokens: 1 });
    return { seconds: firstTokenAfter };
  },
};

export const oneToken: Scenario = {
  name: 'one-token',
  figures: {
    fresh: {
      title: 'one-token request, a new prompt, whole round trip, ms',
      better: 'lower',
      goal: '0.85 x',
    },
    milliseconds: {
      title: 'one-token request, the same prompt again, whole round trip, ms',
      better: 'lower',
      goal: '0.5 x',
    },
  },
  async run(server) {
    const fresh = await meanTime(server, () => `${randomNumber()} Once upon a time there was a`);
    const again = `${randomNumber()} Once upon a time there was a`;
    await server.generate({ prompt: again, tokens: 1 });
    return { fresh, milliseconds: await meanTime(server, () => again) };
  },
};

/** @returns milliseconds per request */
async function meanTime(server: BenchServer, prompt: () => string): Promise<number> {
  const start = performance.now();
  for (let count = 0; count < ONE_TOKEN_REQUESTS; count += 1) {
    await server.generate({ prompt: prompt(), tokens: 1 });
  }
  return (performance.now() - start) / ONE_TOKEN_REQUESTS;
}

export const cheapRequests: Scenario = {
  name: 'version',
  figures: { rate: { title: 'GET /api/version (llama-server: /health), requests/s', better: 'higher' } },
  async run(server) {
    const start = performance.now();
    for (let count = 0; count < CHEAP_REQUESTS; count += 1) await getText(server.url + server.cheapPath);
    return { rate: CHEAP_REQUESTS / ((performance.now() - start) / 1000) };
  },
};

/** Resident memory of one server process, without its children. Linux only. */
export const residentMemory: Scenario = {
  name: 'memory',
  figures: { mebibytes: { title: 'resident memory of the server without runner, MiB', better: 'lower' } },
  async run({ pid }) {
    if (pid === undefined) return {};
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const kibibytes = /^VmRSS:\s*(\d+) kB/m.exec(status)?.[1];
    return { mebibytes: kibibytes === undefined ? undefined : (Number(kibibytes) * KIB) / MIB };
  },
};
