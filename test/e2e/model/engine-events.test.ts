import { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { EngineEvent } from '../../../src/api/engine-events.ts';
import type { StepReport } from '../../../src/protocol/step-report.ts';
import { askRunner, startEngine } from '../support/engine-runner.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, linesOf, patience, send } from '../support/server-requests.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { OLLAMA_NUM_PARALLEL: '2', OLLAMA_KEEP_ALIVE: '-1' } });
  await createModel(server, 'smol', inject('smolModelPath'));
});
afterAll(() => server[Symbol.asyncDispose]());

const options = { num_predict: 40, temperature: 0, num_ctx: 1024 };
const story = 'Once upon a time, in a village by the sea, there lived an old man who mended nets. '.repeat(8);

interface Answer {
  readonly id: string;
  readonly last: Record<string, number | string>;
}

async function ask(id: string, prompt: string): Promise<Answer> {
  const request = { model: 'smol', prompt, raw: true, verbose_metrics: true, options };
  const reply = await send(server, 'POST', '/api/generate', request, { headers: { 'X-Request-Id': id } });
  let last: Answer['last'] = {};
  for await (const line of linesOf(reply)) last = line as Answer['last'];
  return { id, last };
}

/** Collects the events of one stream until it is closed. */
async function watch() {
  const abort = new AbortController();
  const response = await fetch(`${server.url}/api/engine/events`, { signal: abort.signal });
  const events: EngineEvent[] = [];
  const reading = (async () => {
    let rest = '';
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const parts = (rest + text).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        if (part.startsWith('data: ')) events.push(JSON.parse(part.slice('data: '.length)));
      }
    }
  })().catch(() => undefined);
  const of = <Type extends EngineEvent['type']>(type: Type) =>
    events.filter((event): event is EngineEvent & { type: Type } => event.type === type);
  const close = async () => {
    abort.abort();
    await reading;
  };
  await expect.poll(() => events.length, patience).toBeGreaterThan(0);
  return { events, of, close };
}

/** What the blocks of the timeline add up to for one request. */
function sumsOf(steps: readonly (EngineEvent & { type: 'steps' })[], requestId: string) {
  const sums = { decode: 0, prefill: 0, taken: 0, refused: 0 };
  const runs = new Set(
    steps
      .flatMap((event) => event.runs)
      .filter((run) => run.request_id === requestId)
      .map(({ run }) => run),
  );
  for (const { shares } of steps.flatMap(({ blocks }) => blocks)) {
    for (const share of shares.filter(({ run }) => runs.has(run))) {
      sums.decode += share.decode_tokens;
      sums.prefill += share.prefill_tokens;
      sums.taken += share.draft_taken;
      sums.refused += share.draft_refused;
    }
  }
  return sums;
}

describe('the events of the engine', () => {
  it('add up to what the replies report, for each of several streams', async () => {
    const { of, close } = await watch();
    const answers = await Promise.all([
      ask('one', `${story} He`),
      ask('two', 'The capital of France is'),
      ask('three', 'One, two, three, one, two, three, one, two, three, one, two,'),
    ]);
    const again = await ask('again', `${story} He`);
    for (const { id, last } of [...answers, again]) {
      const expected = {
        decode: last.eval_count,
        prefill: Number(last.prompt_eval_count) - Number(last.prompt_eval_cached ?? 0),
        taken: last.eval_draft_taken_count ?? 0,
        refused: Number(last.eval_drafted_count ?? 0) - Number(last.eval_draft_taken_count ?? 0),
      };
      await expect.poll(() => sumsOf(of('steps'), id), patience).toEqual(expected);
    }
    const { prompt_eval_cached: cached, prompt_eval_cached_from: source } = again.last;
    expect(Number(cached)).toBeGreaterThan(100);
    expect(['slot', 'memory']).toContain(source);
    const prompts = () => of('prompts').flatMap((event) => event.prompts);
    await expect.poll(prompts, patience).toHaveLength(4);
    const computed = Number(again.last.prompt_eval_count) - Number(cached);
    expect(prompts().at(-1)).toMatchObject({ [`${source}_tokens`]: cached, computed_tokens: computed });
    expect(of('lost')).toEqual([]);
    await close();
  });

  it('show the slots and the memory, and the series that was counted before anybody watched', async () => {
    const answer = await ask('before', `${story} She`);
    // The series has a second when all engines have reported it.
    const decodedBefore = async () => {
      const { of, close } = await watch();
      await close();
      const history = of('hello')[0]?.history ?? [];
      return history.flatMap(({ models }) => models.map((model) => model.decode_tokens));
    };
    await expect.poll(async () => Math.max(...(await decodedBefore())), patience).toBeGreaterThan(0);
    const { of, close } = await watch();
    const held = Number(answer.last.prompt_eval_count);
    const runner = () => of('state').at(-1)?.runners[0];
    await expect.poll(() => runner()?.slots.some(({ tokens }) => tokens >= held), patience).toBe(true);
    const [memory] = runner()?.memory ?? [];
    expect(memory?.weights_bytes).toBeGreaterThan(50_000_000);
    expect(memory?.kv_bytes).toBeGreaterThan(0);
    expect(memory?.kv_held_bytes).toBe(0);
    expect(memory?.kv_idle_bytes).toBeGreaterThan(0);
    await close();
  });

  it('never contain the text of a prompt or an answer', async () => {
    const { events, of, close } = await watch();
    const { last } = await ask('private', 'The secret password is swordfish, and the secret password is');
    await expect.poll(() => sumsOf(of('steps'), 'private').decode, patience).toBe(last.eval_count);
    expect(JSON.stringify(events)).not.toContain('swordfish');
    await close();
  });

  it('reach others although one client does not read', async () => {
    const { hostname, port } = new URL(server.url);
    const stuck = new Socket();
    await new Promise<void>((resolve) => stuck.connect(Number(port), hostname, resolve));
    stuck.write(`GET /api/engine/events HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
    stuck.pause();
    const { of, close } = await watch();
    const { last } = await ask('beside', 'The sea is');
    await expect.poll(() => sumsOf(of('steps'), 'beside').decode, patience).toBe(last.eval_count);
    stuck.destroy();
    await close();
  });
});

it('a child reports its steps only while it is watched', async () => {
  const reports: StepReport[] = [];
  const load = { modelPath: inject('smolModelPath') };
  const runner = await startEngine(load, { onSteps: (report) => reports.push(report) });
  const prompt = await runner.tokenize('The sea is', { addSpecial: true, parseSpecial: true });
  const decoded = () =>
    reports
      .flatMap(({ groups }) => groups)
      .flatMap(({ shares }) => shares)
      .reduce((sum, share) => sum + share.decodeTokens, 0);
  try {
    await askRunner(runner, prompt);
    expect(reports).toEqual([]);
    runner.watchSteps(true);
    const { tokens } = await askRunner(runner, prompt, { run: 5 });
    await expect.poll(decoded, patience).toBe(tokens.length);
    expect(reports.flatMap(({ prompts }) => prompts)).toMatchObject([{ run: 5, tokens: prompt.length }]);
    runner.watchSteps(false);
    await askRunner(runner, prompt);
    const before = reports.length;
    // The next report is the first one of the next watch, and knows of nothing that came before it.
    runner.watchSteps(true);
    await expect.poll(() => reports.length, patience).toBe(before + 1);
    expect(reports.at(-1)).toMatchObject({
      groups: [],
      prompts: [],
      slots: [{ promptTokens: prompt.length }],
    });
  } finally {
    await runner.stop();
  }
});

it('a stream ends whole when the server stops, and does not keep the server from it', async () => {
  await using own = await startTestServer({ env: { OLLAMA_SHUTDOWN_TIMEOUT: '10m' } });
  const response = await fetch(`${own.url}/api/engine/events`);
  const text = response.text();
  await own.stop();
  expect(await text).toMatch(/^data: \{"type":"hello"/);
});
