/** Several models on one server: limits, fairness, and problems that users of other schedulers have reported. */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { childrenOf } from '../../fakes/processes.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, linesOf, patience, post, randomModelBytes, send } from '../support/server-requests.ts';

const copies = ['first', 'second', 'third'];
const text = { prompt: '1, 2, 3, 4, 5,', raw: true };
const endless = { ...text, options: { num_predict: -1, temperature: 0 } };
const short = { ...text, options: { num_predict: 2, temperature: 0 }, stream: false };
const answered = { status: 200, body: expect.objectContaining({ done: true }) };

let server: TestServer;
/** A models folder with the three copies of SmolLM2 and a tiny model, created once. */
let store: TestServer;

const generate = (model: string, fields: object = short) =>
  post(server, '/api/generate', { model, ...fields });
const loaded = async () => {
  const { models } = (await (await fetch(`${server.url}/api/ps`)).json()) as { models: { name: string }[] };
  return models.map(({ name }) => name.replace(':latest', '')).sort();
};
const waitingCount = async () => {
  const { queue } = (await (await fetch(`${server.url}/api/queue`)).json()) as { queue: unknown[] };
  return queue.length;
};

/** A stream that has started; `end` disconnects its client. */
async function begin(model: string) {
  const abort = new AbortController();
  const response = await send(
    server,
    'POST',
    '/api/generate',
    { model, ...endless },
    { signal: abort.signal },
  );
  const lines = linesOf(response);
  await lines.next();
  return { lines, end: () => abort.abort() };
}

/** The same weights with another name in the metadata, so that they count as another model. */
async function renamedCopy(path: string, mark: number): Promise<Uint8Array> {
  const bytes = await readFile(path);
  const key = bytes.indexOf('general.name');
  // The key is followed by the type (4 bytes), the length (8 bytes) and the text.
  bytes[key + 'general.name'.length + 12] = 'A'.charCodeAt(0) + mark;
  return bytes;
}

const start = async (env: Record<string, string>) => {
  server = await startTestServer({ env, modelsFolder: store.modelsFolder });
};

beforeAll(async () => {
  store = await startTestServer();
  for (const [index, name] of copies.entries()) {
    await createModel(store, name, await renamedCopy(inject('smolModelPath'), index));
  }
  await createModel(store, 'tiny', await randomModelBytes({ seed: 5 }));
  await store.stop();
});
afterEach(() => server.stop());
afterAll(() => store[Symbol.asyncDispose]());

describe('fifty clients of three models, of which only two may be loaded', () => {
  it('are all answered, although runners are killed and clients disconnect at random', async () => {
    await start({ OLLAMA_MAX_LOADED_MODELS: '2', OLLAMA_NUM_PARALLEL: '4', OLLAMA_SWAP_MAX_WAIT: '200ms' });
    const random = seededRandom(50);
    const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
    let isOver = false;
    let most = 0;
    const killer = (async () => {
      for (let count = 0; !isOver; count += 1) {
        await pause(100);
        const children = await childrenOf(server.pid);
        most = Math.max(most, children.length);
        if (count < 30 && count % 5 === 0 && children.length > 0) process.kill(pick(children), 'SIGKILL');
      }
    })();
    const statuses = new Map<string, number>();
    const count = (outcome: string) => statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
    const client = async () => {
      for (let request = 0; request < 4; request += 1) {
        const leaves = random() < 0.2;
        const signal = leaves ? { signal: AbortSignal.timeout(1 + Math.floor(random() * 1500)) } : {};
        const body = { model: pick(copies), ...short };
        const reply = send(server, 'POST', '/api/generate', body, signal);
        const outcome = await reply.then(
          async (response) => `${response.status} ${response.status === 200 ? '' : await response.text()}`,
          () => (leaves ? 'left' : 'lost'),
        );
        count(/^503 .*SIGKILL/.test(outcome) ? 'killed' : outcome.trim());
      }
    };
    try {
      await Promise.all(Array.from({ length: 50 }, client));
    } finally {
      isOver = true;
      await killer;
    }
    const known = ['200', 'left', 'killed'];
    expect([...statuses.keys()].filter((outcome) => !known.includes(outcome))).toEqual([]);
    expect(statuses.get('200')).toBeGreaterThan(100);
    expect(most).toBeLessThanOrEqual(2);
    for (const name of copies) expect(await generate(name)).toEqual(answered);
    expect(await waitingCount()).toBe(0);
  }, 180_000);
});

describe('600 requests at once against a queue of 512', () => {
  it('exactly the excess requests get 503 with Retry-After, and all others are answered', async () => {
    await start({ OLLAMA_NUM_PARALLEL: '1' });
    const held = await begin('first');
    const replies = Array.from({ length: 600 }, () =>
      send(server, 'POST', '/api/generate', { model: 'first', ...short, options: { num_predict: 1 } }),
    );
    await expect.poll(waitingCount, patience).toBe(512);
    const refused = replies.map((reply) => reply.then(({ status }) => status === 503));
    await expect
      .poll(async () => {
        const settled = await Promise.all(refused.map((reply) => Promise.race([reply, pause(1, false)])));
        return settled.filter(Boolean).length;
      }, patience)
      .toBe(88);
    held.end();
    const all = await Promise.all(replies);
    const busy = all.filter(({ status }) => status === 503);
    expect(busy).toHaveLength(88);
    expect(all.filter(({ status }) => status === 200)).toHaveLength(512);
    expect(busy[0]?.headers.get('Retry-After')).toMatch(/^\d+$/);
    expect(await busy[0]?.json()).toEqual({
      error: 'server busy, please try again.  maximum pending requests exceeded',
    });
  }, 180_000);
});

describe('a scheduler that does not stall', () => {
  it('(a) loads a cold model within a bounded time although the loaded one is never idle', async () => {
    await start({ OLLAMA_MAX_LOADED_MODELS: '1', OLLAMA_NUM_PARALLEL: '2', OLLAMA_SWAP_MAX_WAIT: '500ms' });
    await generate('first');
    let isOver = false;
    const stream = async () => {
      while (!isOver) expect(await generate('first')).toEqual(answered);
    };
    const streams = [stream(), stream(), stream(), stream()];
    await pause(300);
    const asked = performance.now();
    expect(await generate('second')).toEqual(answered);
    expect(performance.now() - asked).toBeLessThan(20_000);
    isOver = true;
    await Promise.all(streams);
  });

  it('(b) lets a small cold model load beside one that waits for a busy victim', async () => {
    await start({});
    const memory = async (model: string) => {
      const { body } = await post(server, '/api/estimate', { model, slots: 1 });
      return (body as { memory: { total: number } }).memory.total;
    };
    const limit = (await memory('first')) + (await memory('tiny')) + 1e6;
    await server.stop();
    await start({ OLLAMA_MEMORY_LIMIT: String(limit), OLLAMA_NUM_PARALLEL: '1', OLLAMA_SWAP_MAX_WAIT: '0' });
    const busy = await begin('first');
    const large = generate('second');
    await expect.poll(waitingCount, patience).toBe(1);
    expect(await generate('tiny')).toEqual(answered);
    expect(await waitingCount()).toBe(1);
    expect(await loaded()).toEqual(['first', 'tiny']);
    busy.end();
    expect(await large).toEqual(answered);
  });

  it('(c) unloads nothing for a client that has disconnected', async () => {
    await start({ OLLAMA_MAX_LOADED_MODELS: '1', OLLAMA_SWAP_MAX_WAIT: '0' });
    const busy = await begin('first');
    const [child] = await childrenOf(server.pid);
    const abort = new AbortController();
    const left = send(
      server,
      'POST',
      '/api/generate',
      { model: 'second', ...short },
      { signal: abort.signal },
    );
    await expect.poll(waitingCount, patience).toBe(1);
    abort.abort();
    await expect(left).rejects.toThrow();
    await expect.poll(waitingCount, patience).toBe(0);
    busy.end();
    expect(await generate('first')).toEqual(answered);
    expect(await childrenOf(server.pid)).toEqual([child]);
  });

  it('(d) answers a storm of different num_ctx values', async () => {
    await start({ OLLAMA_NUM_PARALLEL: '2' });
    const replies = Array.from({ length: 40 }, (_, index) =>
      generate('first', { ...short, options: { num_predict: 1, num_ctx: 512 * (1 + (index % 4)) } }),
    );
    for (const reply of await Promise.all(replies)) expect(reply).toEqual(answered);
  });
});

describe('models with their own settings', () => {
  it('are loaded at startup, and pinned ones stay loaded', async () => {
    await start({
      OLLAMA_PRELOAD: 'second, no-such-model',
      OLLAMA_PIN: 'second',
      OLLAMA_MAX_LOADED_MODELS: '2',
      OLLAMA_KEEP_ALIVE: '0',
    });
    await expect.poll(loaded, patience).toEqual(['second']);
    await expect.poll(() => server.output(), patience).toContain('model not preloaded');
    const [child] = await childrenOf(server.pid);
    expect(await generate('first')).toEqual(answered);
    expect(await generate('third')).toEqual(answered);
    expect(await generate('second')).toEqual(answered);
    expect(await childrenOf(server.pid)).toContain(child);
    expect(await loaded()).toContain('second');
  });

  it('have the number of slots that a request or their Modelfile sets', async () => {
    await start({ OLLAMA_NUM_PARALLEL: '1' });
    const parameters = { num_parallel: 3 };
    await post(server, '/api/create', { model: 'wide', from: 'tiny', parameters, stream: false });
    const streams = await Promise.all([begin('wide'), begin('wide'), begin('wide')]);
    expect(await waitingCount()).toBe(0);
    for (const { end } of streams) end();
  });
});
