import { readFile } from 'node:fs/promises';
import { getText } from '../http.ts';
import type { Scenario } from '../scenario.ts';

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
  figures: { milliseconds: { title: 'one-token request, whole round trip, ms', better: 'lower' } },
  async run(server) {
    const start = performance.now();
    for (let count = 0; count < ONE_TOKEN_REQUESTS; count += 1) {
      await server.generate({ prompt: 'Hi', tokens: 1 });
    }
    return { milliseconds: (performance.now() - start) / ONE_TOKEN_REQUESTS };
  },
};

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
export function residentMemory(url: string, pid: number | undefined): Scenario {
  return {
    name: 'memory',
    figures: { mebibytes: { title: 'resident memory of the server without runner, MiB', better: 'lower' } },
    async run(server) {
      if (pid === undefined || server.url !== url) return {};
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const kibibytes = /^VmRSS:\s*(\d+) kB/m.exec(status)?.[1];
      return { mebibytes: kibibytes === undefined ? undefined : (Number(kibibytes) * KIB) / MIB };
    },
  };
}
