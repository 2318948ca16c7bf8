/** Random conversations with an engine whose events are read over ZeroMQ. */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { MIB } from '../../../src/base/units.ts';
import type { HeldReport } from '../../../src/protocol/held-report.ts';
import { saltHash } from '../../../src/protocol/salt-hash.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { askRunner, startEngine } from './engine-runner.ts';
import { KvEventReader } from './kv-event-reader.ts';

const BLOCK = 16;
const CONTEXT = 256;
const SLOTS = 3;
/** Conversations that may go on: more than there are slots. */
const RECENT = 12;
/** Turns between comparisons. A fast machine takes them all between two batches of events. */
const COMPARED_TURNS = 5;
const patience = { timeout: 60_000, interval: 50 };

type KvEventsModule = typeof import('../../../src/blocks/kv-events.ts');

/** What the engine holds, from reports that began anew: "medium", and salt and tokens up to the end of each block. */
class Truth {
  readonly #holdings = new Map<number, { medium: string; salt: string; tokens: readonly number[] }>();

  add({ isFirst, changes, gone }: HeldReport): void {
    if (isFirst) this.#holdings.clear();
    for (const { holding, medium, salt, kept, added } of changes) {
      const before = this.#holdings.get(holding)?.tokens.slice(0, kept) ?? [];
      this.#holdings.set(holding, { medium, salt, tokens: [...before, ...added] });
    }
    for (const holding of gone) this.#holdings.delete(holding);
  }

  get blocks(): string[] {
    const found = new Set<string>();
    for (const { medium, salt, tokens } of this.#holdings.values()) {
      for (let end = BLOCK; end <= tokens.length; end += BLOCK)
        found.add(`${medium} ${salt}: ${tokens.slice(0, end).join(' ')}`);
    }
    return [...found].sort();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

interface Conversation {
  tokens: number[];
  readonly salt: string | undefined;
}

/** @returns how often the reader was compared with what the engine holds, each time after at least one batch of events */
export async function followConversations(
  count: number,
  { modelPath, folder, seed }: { modelPath: string; folder: string; seed: number },
): Promise<number> {
  const random = seededRandom(seed);
  const pick = (below: number) => Math.floor(random() * below);
  const words = (length: number) => Array.from({ length }, () => 3 + pick(200));
  const built = new URL('../../../dist/blocks/kv-events.js', import.meta.url).href;
  const { KvEvents } = (await import(built)) as KvEventsModule;
  const [port, replayPort] = [await freePort(), await freePort()];
  const [address, replayAddress] = [`tcp://127.0.0.1:${port}`, `tcp://127.0.0.1:${replayPort}`];
  let engine = 0;
  let runner: Runner | undefined;
  const truth = new Truth();
  const events = new KvEvents({
    ...{ address, replayAddress, blockSize: BLOCK, seed: 's', topic: 'kv@h@{model}', logger: silentLogger },
    isPublished: () => true,
    reportAgain: () => runner?.reportHeld(),
  });
  const start = async () => {
    const number = ++engine;
    const prefixCache = {
      ...{ hostBytes: 2 * MIB, diskBytes: 4 * MIB },
      ...{ folder: join(folder, 'states'), modelDigest: 'ab'.repeat(32) },
    };
    const load = { modelPath, contextLength: CONTEXT, slots: SLOTS, heldBlocks: BLOCK, prefixCache };
    const started = await startEngine(load, {
      onHeld: (report) => {
        truth.add(report);
        events.report(number, 'random', report);
      },
    });
    void started.exited.then(() => events.end(number));
    return started;
  };
  const reader = new KvEventReader(address, replayAddress);
  const late = new KvEventReader(address, replayAddress);
  let comparisons = 0;
  /** The reader knows what the engine reports when it begins again. */
  const compare = async (one: KvEventReader) => {
    runner?.reportHeld();
    const known = () => [...one.stored].map(([name, tokens]) => `${name.split(' ')[0]} ${tokens}`).sort();
    await expect.poll(() => JSON.stringify(known()) === JSON.stringify(truth.blocks), patience).toBe(true);
    expect(one.problems).toEqual([]);
    comparisons += 1;
  };
  try {
    runner = await start();
    await reader.start();
    const conversations: Conversation[] = [];
    for (let turn = 1; conversations.length < count; turn += 1) {
      const turns = Array.from({ length: SLOTS }, () => {
        const old = pick(3) === 0 ? undefined : conversations.at(-1 - pick(RECENT));
        const isOld = old && old.tokens.length < CONTEXT - 60;
        const begun = { tokens: words(20), salt: pick(3) === 0 ? `key ${pick(3)}` : undefined };
        const conversation = isOld ? old : begun;
        if (!isOld) conversations.push(begun);
        return { conversation, added: words(5 + pick(30)), isCanceled: pick(8) === 0 };
      });
      await Promise.all(turns.map((one) => take(runner, one)));
      if (turn % COMPARED_TURNS === 0) await compare(reader);
      if (pick(15) === 0) {
        await runner.stop();
        await expect.poll(() => reader.stored.size, patience).toBe(0);
        runner = await start();
        await compare(reader);
      }
    }
    await compare(reader);
    expect(reader.last + 1).toBeGreaterThanOrEqual(comparisons);
    expect(truth.blocks.length).toBeGreaterThan(10);
    expect([...reader.media].sort()).toEqual(['CPU', 'GPU', 'STORAGE']);
    const salts = [0, 1, 2].map((key) => saltHash(`key ${key}`));
    expect(salts.some((salt) => reader.salts.has(salt))).toBe(true);
    await late.start();
    await compare(late);
    expect(late.replayed).toBeGreaterThan(0);
    expect([...reader.topics]).toEqual(['kv@h@random']);
    return comparisons;
  } finally {
    await runner?.stop();
    await reader.close();
    await late.close();
    events.close();
  }
}

interface Turn {
  readonly conversation: Conversation;
  readonly added: readonly number[];
  readonly isCanceled: boolean;
}

/** One turn: the prompt is what was said before, and some more. */
async function take(runner: Runner | undefined, { conversation, added, isCanceled }: Turn): Promise<void> {
  if (!runner) return;
  const prompt = [...conversation.tokens, ...added];
  const { salt: cacheSalt } = conversation;
  const abort = new AbortController();
  if (isCanceled) setImmediate(() => abort.abort());
  const more = { maxTokens: 10, ...(cacheSalt !== undefined && { cacheSalt }) };
  const answer = await askRunner(runner, prompt, more, abort.signal).catch(() => undefined);
  conversation.tokens = [...prompt, ...(answer?.tokens ?? [])].slice(0, CONTEXT - 40);
}
