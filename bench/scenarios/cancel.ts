/** Measures how soon the slot of a disconnected client serves another client. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';
import type { BenchServer } from '../servers/server.ts';

/** Maximum number of streams to start while looking for the last slot. */
const MAX_STREAMS = 12;
/** A stream without a token after this time is waiting for a slot. */
const WAITING_AFTER_MS = 2000;
const STREAM_TOKENS = 1500;

interface Stream {
  readonly abort: AbortController;
  readonly firstToken: Promise<number>;
  readonly ended: Promise<void>;
  hasEnded: boolean;
}

export const cancelledSlot: Scenario = {
  name: 'cancel',
  figures: { seconds: { title: 'cancelled request frees its slot, s', better: 'lower' } },
  async run(server) {
    const streams: Stream[] = [];
    try {
      const waiting = await fillSlots(server, streams);
      const victim = streams.find((stream) => stream !== waiting && !stream.hasEnded);
      if (!waiting || !victim) return {};
      const start = performance.now();
      victim.abort.abort();
      return { seconds: ((await waiting.firstToken) - start) / 1000 };
    } finally {
      for (const { abort } of streams) abort.abort();
      await Promise.all(streams.map(({ ended }) => ended));
    }
  },
};

/** Starts streams until one has to wait. @returns the waiting stream; undefined if the server accepts all of them */
async function fillSlots(server: BenchServer, streams: Stream[]): Promise<Stream | undefined> {
  while (streams.length < MAX_STREAMS) {
    const stream = startStream(server);
    streams.push(stream);
    const started = await Promise.race([stream.firstToken, sleep(WAITING_AFTER_MS, 'waiting' as const)]);
    if (started === 'waiting') return stream;
  }
  return undefined;
}

function startStream(server: BenchServer): Stream {
  const abort = new AbortController();
  let onToken: () => void = () => undefined;
  const firstToken = new Promise<number>((resolve) => {
    onToken = () => resolve(performance.now());
  });
  const request = { prompt: 'Once upon a time', tokens: STREAM_TOKENS, signal: abort.signal, onToken };
  const ended = server.generate(request).then(
    () => undefined,
    () => undefined,
  );
  const stream: Stream = { abort, firstToken, ended, hasEnded: false };
  void ended.then(() => {
    stream.hasEnded = true;
  });
  return stream;
}
