/** Measures the cost of one server process under load, without its runners. Reads Linux's /proc. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Generation } from '../generation.ts';
import { BRIEF_STORY, randomNumber, storyPrompt } from '../prompts.ts';
import type { Scenario } from '../scenario.ts';
import type { BenchServer } from '../servers/server.ts';

const STREAMS = 8;
const TOKENS = 256;
/** Below the default of OLLAMA_MAX_QUEUE. */
const WAITING = 400;
/** Time for the last request to arrive. */
const SETTLE_MS = 1500;
const TICKS_PER_SECOND = 100;

/** Processor share of everything that the server does for its streams: HTTP, JSON and the runner's frames. */
export const serverShare = shareOf('share', '/api/generate', undefined, (server) =>
  server.generate({ prompt: storyPrompt(BRIEF_STORY), tokens: TOKENS }),
);

/** The same through OpenAI's API, whose events cost more. */
export const serverShareOfChats = shareOf('share-v1', '/v1/chat/completions', '2.5 %', (server) =>
  server.chat?.({ prompt: `${randomNumber()}: tell a story.`, tokens: TOKENS }),
);

function shareOf(
  name: string,
  path: string,
  goal: string | undefined,
  request: (server: BenchServer) => Promise<Generation> | undefined,
): Scenario {
  const at = `server at ${STREAMS} streams over ${path}`;
  return {
    name,
    streams: STREAMS,
    figures: {
      percent: {
        title: `${at}, share of the machine's processors, %`,
        better: 'lower',
        ...(goal && { goal }),
      },
      perToken: { title: `${at}, processor time per token, ms`, better: 'lower' },
    },
    async run(server) {
      const { pid } = server;
      if (pid === undefined) return {};
      await request(server);
      const before = await processorSeconds(pid);
      const start = performance.now();
      const generations = await Promise.all(Array.from({ length: STREAMS }, () => request(server)));
      const seconds = (performance.now() - start) / 1000;
      const used = (await processorSeconds(pid)) - before;
      const tokens = generations.reduce((sum, generation) => sum + (generation?.completionTokens ?? 0), 0);
      return {
        percent: (100 * used) / seconds / availableParallelism(),
        perToken: (1000 * used) / tokens,
      };
    },
  };
}

export const waitingMemory: Scenario = {
  name: 'waiting',
  figures: { kibibytes: { title: 'memory of a waiting request, KiB', better: 'lower' } },
  async run(server) {
    const { pid } = server;
    if (pid === undefined) return {};
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

async function processorSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function residentKibibytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]);
}
