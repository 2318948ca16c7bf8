/**
 * vllm-router and smg from PyPI, started as packaging/router/compose.yaml does, in front of three servers: dialects, prefix caches, and what
 * happens to requests when one server is drained and one is killed. Skipped with a message if there is no Python.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDuration } from '../../../src/base/duration.ts';
import { hasPython, INSTALL_TIMEOUT_MS } from '../../fakes/python-environment.ts';
import { rounds } from '../../scale.ts';
import { ask, dialects, type Outcome, passed, type Routed } from '../support/routed-requests.ts';
import {
  noticeSeconds,
  pythonWithRouter,
  type Router,
  type RouterName,
  serverSettings,
  startRouter,
} from '../support/router-process.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post, randomModelBytes } from '../support/server-requests.ts';

const REQUESTS = rounds({ change: 120, long: 1000, nightly: 1000 });
const AT_ONCE = 12;
/** Long streams when a server is killed: more than two servers have slots. */
const STREAMS = 10;
const CONVERSATIONS = 50;
const TURNS = 3;
/** With its tag, because smg compares names with the list of models as they are written. */
const model = 'random:latest';

const python = await hasPython();
if (!python)
  process.stderr.write('SKIPPED: the routers are not tried, because there is no python3 with venv\n');

async function startServer(): Promise<TestServer> {
  // What waits for a drained server ends in its own time, however slow the machine is.
  const env = { ...serverSettings(), OLLAMA_SHUTDOWN_TIMEOUT: '5m' };
  const server = await startTestServer({ env });
  await createModel(server, model, await randomModelBytes({ contextLength: 2048 }));
  await post(server, '/api/generate', { model });
  return server;
}

/** Runs tasks, so many at once, in their order. */
async function inTurns<T>(tasks: readonly (() => Promise<T>)[], atOnce: number): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const work = async () => {
    while (next < tasks.length) {
      const index = next;
      next += 1;
      const task = tasks[index];
      if (task) results[index] = await task();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

/** Tokens that a prompt shared with what was computed before, over conversations of several turns. */
async function cachedTokens(url: string): Promise<number> {
  let cached = 0;
  const histories = Array.from({ length: CONVERSATIONS }, (_, index) => [
    { role: 'user', content: `Conversation ${index * 7919}: ${'tell me about it. '.repeat(4)}` },
  ]);
  for (let turn = 0; turn < TURNS; turn += 1) {
    const tasks = histories.map((messages) => async () => {
      const body = { model, messages, max_tokens: 8, temperature: 0 };
      const reply = await post({ url }, '/v1/chat/completions', body, { 'Content-Type': 'application/json' });
      expect(reply.status, JSON.stringify(reply.body)).toBe(200);
      const { choices, usage } = reply.body as {
        choices: { message: { content: string } }[];
        usage: { prompt_tokens_details: { cached_tokens: number } };
      };
      cached += usage.prompt_tokens_details.cached_tokens;
      messages.push({ role: 'assistant', content: choices[0]?.message.content ?? '' });
      messages.push({ role: 'user', content: `And then, in step ${turn}, what came next?` });
    });
    await inTurns(tasks, 4);
  }
  return cached;
}

it.each(['vllm-router', 'smg'] as const)(
  'servers give %s the time that it needs to notice that they stop',
  (name) => {
    expect(parseDuration(serverSettings().OLLAMA_DRAIN_GRACE) / 1000).toBeGreaterThan(noticeSeconds(name));
  },
);

describe.skipIf(!python).each(['vllm-router', 'smg'] as const)('behind %s', (name: RouterName) => {
  let servers: TestServer[] = [];
  let router: Router;

  beforeAll(async () => {
    await pythonWithRouter(name);
    servers = await Promise.all([startServer(), startServer(), startServer()]);
    const messages = [{ role: 'user', content: 'ready' }];
    router = await startRouter(name, servers, { model, messages, max_tokens: 1 });
  }, INSTALL_TIMEOUT_MS);
  afterAll(async () => {
    await router?.[Symbol.asyncDispose]();
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  });

  it('answers in the dialects that the router passes on, as a stream and at once', async () => {
    for (const dialect of dialects) {
      for (const stream of [true, false]) {
        const outcome = await ask(router.url, { dialect, model, text: 'hello', tokens: 4, stream });
        const expected = passed[name].includes(dialect) ? 'complete' : 'refused';
        expect(outcome, `${dialect} ${stream}`).toMatchObject({ kind: expected });
      }
    }
  });

  it(`finds the beginnings of ${CONVERSATIONS} conversations as one server does`, async () => {
    await using alone = await startServer();
    const one = await cachedTokens(alone.url);
    const routed = await cachedTokens(router.url);
    expect(one).toBeGreaterThan(CONVERSATIONS * 20);
    process.stdout.write(`${name}: ${routed} of ${one} cached tokens\n`);
    expect(routed).toBeGreaterThanOrEqual(0.9 * one);
  });

  it('loses only streams of a server that is killed, and nothing of one that is drained', {
    timeout: 300_000,
  }, async () => {
    const events = { killed: Number.POSITIVE_INFINITY };
    const known = passed[name];
    const run = async (request: Routed, onBegin = () => {}) => {
      const outcome = await ask(router.url, request, onBegin);
      return { request, outcome, ended: performance.now() };
    };
    const streams: ReturnType<typeof run>[] = [];
    const kill = async () => {
      const begun = Array.from({ length: STREAMS }, (_, index) => {
        const text = `${index}. A long request`;
        return new Promise<void>((resolve) => {
          const request: Routed = { dialect: 'chat', model, text, tokens: 1500, stream: true, whole: true };
          streams.push(run(request, resolve).finally(resolve));
        });
      });
      streams.push(
        ...known.map((dialect) => run({ dialect, model, text: 'more', tokens: 1500, stream: true })),
      );
      await Promise.all(begun);
      const victim = await busiest(servers.slice(1));
      events.killed = performance.now();
      process.kill(victim.pid, 'SIGKILL');
    };
    const tasks = Array.from({ length: REQUESTS }, (_, index) => async () => {
      if (index === Math.floor(REQUESTS / 4) && servers[0]) process.kill(servers[0].pid, 'SIGTERM');
      if (index === Math.floor(REQUESTS / 2)) await kill();
      const dialect = known[index % known.length] ?? 'chat';
      return run({ dialect, model, text: `request ${index}`, tokens: 8, stream: index % 2 === 0 });
    });
    const results = [...(await inTurns(tasks, AT_ONCE)), ...(await Promise.all(streams))];
    const lost = results.filter(({ outcome }) => outcome.kind !== 'complete');
    const text = lost.map(({ request, outcome }) => summary(request, outcome)).join('\n');
    process.stdout.write(`${name}: ${lost.length} of ${results.length} did not end as usual\n${text}\n`);
    for (const { request, outcome, ended } of lost) {
      expect(ended, summary(request, outcome)).toBeGreaterThanOrEqual(events.killed);
      expect(allowed[name](request, outcome), summary(request, outcome)).toBe(true);
    }
    // How many of them the killed server had is the router's choice, and may be none.
    expect(lost.filter(({ request }) => request.whole).length).toBeLessThan(STREAMS);
  });
});

/** The server with the most running requests, by what it publishes. */
async function busiest(servers: readonly TestServer[]): Promise<TestServer> {
  const loads = servers.map(async (server) => {
    const { loads } = (await (await fetch(`${server.url}/v1/loads`)).json()) as {
      loads: { num_running_reqs: number }[];
    };
    return { server, running: loads[0]?.num_running_reqs ?? 0 };
  });
  const sorted = (await Promise.all(loads)).sort((left, right) => right.running - left.running);
  const [most] = sorted;
  if (!most) throw new Error('no servers');
  return most.server;
}

/**
 * What may happen to a request after a server was killed. smg retries what has not begun, and ends streams with an error of the dialect.
 * vllm-router retries chats, answers 502 to the other dialects until it has noticed, and cuts streams off.
 */
const allowed: Readonly<Record<RouterName, (request: Routed, outcome: Outcome) => boolean>> = {
  smg: ({ stream }, { kind }) => stream && kind === 'error',
  'vllm-router': ({ dialect, stream }, { kind, status }) =>
    (stream && kind === 'cut') || (dialect !== 'chat' && kind === 'refused' && status === 502),
};

function summary({ dialect, stream }: Routed, { kind, status, text }: Outcome): string {
  return `${dialect}${stream ? ' (stream)' : ''}: ${kind} ${status} …${text.slice(-200)}`;
}
