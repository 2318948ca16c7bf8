/** Measures the cost of one server process under load, without its runners. Reads Linux's /proc. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { BRIEF_STORY, storyPrompt } from '../prompts.ts';
import type { Scenario } from '../scenario.ts';

const STREAMS = 8;
const TOKENS = 256;
/** Below the default of OLLAMA_MAX_QUEUE. */
const WAITING = 400;
/** Time for the last request to arrive. */
const SETTLE_MS = 1500;
const TICKS_PER_SECOND = 100;

/** Processor share of everything the server does for its streams: HTTP, JSON and the runner's frames. */
export function serverShare(url: string, pid: number | undefined): Scenario {
  return {
    name: 'share',
    figures: {
      percent: {
        title: `server at ${STREAMS} streams, share of the machine's processors, %`,
        better: 'lower',
      },
    },
    async run(server) {
      if (pid === undefined || server.url !== url) return {};
      const before = await processorSeconds(pid);
      const start = performance.now();
      const request = () => server.generate({ prompt: storyPrompt(BRIEF_STORY), tokens: TOKENS });
      await Promise.all(Array.from({ length: STREAMS }, request));
      const seconds = (performance.now() - start) / 1000;
      const used = (await processorSeconds(pid)) - before;
      return { percent: (100 * used) / seconds / availableParallelism() };
    },
  };
}

export function waitingMemory(url: string, pid: number | undefined): Scenario {
  return {
    name: 'waiting',
    figures: { kibibytes: { title: 'memory of a waiting request, KiB', better: 'lower' } },
    async run(server) {
      if (pid === undefined || server.url !== url) return {};
      await server.generate({ prompt: 'Hi', tokens: 1 });
      const before = await residentKibibytes(pid);
      const waiting = Array.from({ length: WAITING }, (_, index) =>
        server.generate({ prompt: storyPrompt(BRIEF_STORY), tokens: index < STREAMS ? TOKENS : 1 }),
      );
      await pause(SETTLE_MS);
      const held = (await residentKibibytes(pid)) - before;
      await Promise.all(waiting);
      return { kibibytes: Math.max(0, held) / WAITING };
    },
  };
}

async function processorSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function residentKibibytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]);
}
