/** Prompts whose text goes to the child: the same replies as with tokens that were asked for before. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mostTokens } from '../../../src/inference/completion/prompt-tokens.ts';
import type {
  CompletionEvent,
  CompletionPrompt,
  CompletionRequest,
} from '../../../src/protocol/completion.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { startEngine } from '../support/engine-runner.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, randomModelBytes, send } from '../support/server-requests.ts';

const CONTEXT = 256;
const texts = [
  'The quick brown fox',
  '<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n',
  '   spaces   and\ttabs\n\n',
  'ünïcödé — 漢字 🦊',
  'x',
];

let folder: string;
let runners: Runner[];
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prompt-texts-'));
  const modelPath = join(folder, 'tiny.gguf');
  await writeRandomModel(modelPath, { contextLength: CONTEXT });
  const load = { modelPath, contextLength: CONTEXT, threads: 1 };
  runners = [await startEngine(load), await startEngine(load)];
  server = await startTestServer();
  await createModel(server, 'tiny', await randomModelBytes({ contextLength: 2048, seed: 5 }));
});
afterAll(async () => {
  await Promise.all(runners?.map((runner) => runner.stop()) ?? []);
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function events(
  runner: Runner | undefined,
  prompt: CompletionPrompt,
  changes: Partial<CompletionRequest> = {},
): Promise<CompletionEvent[]> {
  const sampling = {
    temperature: 0.8,
    topK: 40,
    topP: 0.9,
    minP: 0,
    typicalP: 1,
    repeatPenalty: 1.1,
    repeatLastN: 64,
    presencePenalty: 0,
    frequencyPenalty: 0,
    seed: 7,
  };
  const shared = { sampling, stop: [], maxTokens: 12, keep: 4, shift: true, draftTokens: 0, ...changes };
  const all: CompletionEvent[] = [];
  for await (const event of runner?.complete({ ...shared, prompt }) ?? []) all.push(event);
  return all;
}

/** Leaves out what is measured. */
const withoutTimes = (list: readonly CompletionEvent[]) =>
  list.map((event) => {
    if (event.type !== 'done') return event;
    const { promptNanoseconds, completionNanoseconds, ...timings } = event.timings;
    return { ...event, timings };
  });

it.each(texts)('the child answers a text like its tokens: %j', async (text) => {
  const [asked, sent] = runners;
  const tokens = (await asked?.tokenize(text, { addSpecial: true, parseSpecial: true })) ?? [];
  const expected = withoutTimes(await events(asked, tokens));
  const prompt = { text, addSpecial: true, contextLength: CONTEXT };
  expect(tokens.length).toBeLessThanOrEqual(mostTokens(prompt));
  const first = withoutTimes(await events(sent, prompt));
  expect(first).toEqual([{ type: 'tokenized', tokens }, ...expected]);
  // Now the tokens are known to the parent.
  const again = withoutTimes(await events(sent, prompt));
  expect(again.slice(0, -1)).toEqual(first.slice(0, -1));
});

it('the child refuses a text that does not fit into the context of the request, and one without tokens', async () => {
  const [, runner] = runners;
  const tooLong = { text: 'one two three four', addSpecial: false, contextLength: 3 };
  await expect(events(runner, tooLong)).rejects.toMatchObject({ code: 'prompt-too-long' });
  const empty = { text: '', addSpecial: false, contextLength: CONTEXT };
  await expect(events(runner, empty)).rejects.toMatchObject({ code: 'invalid-request' });
});

it.each([-1, 0, 100])('a full context keeps the same tokens of a prompt: %d', async (keep) => {
  const [asked, sent] = runners;
  const text = `the prompt with keep ${keep}`;
  const tokens = (await asked?.tokenize(text, { addSpecial: true, parseSpecial: true })) ?? [];
  const changes = { keep, maxTokens: CONTEXT + 20 };
  const expected = withoutTimes(await events(asked, tokens, changes));
  const prompt = { text, addSpecial: true, contextLength: CONTEXT };
  expect(withoutTimes(await events(sent, prompt, changes)).slice(1)).toEqual(expected);
});

interface Reply {
  readonly response: string;
  readonly context: readonly number[];
  readonly prompt_eval_count: number;
  readonly eval_count: number;
}

async function generate(
  prompt: string,
  contextLength: number,
): Promise<{ reply: Reply; cut: string | null }> {
  const options = { num_ctx: contextLength, num_predict: 8, seed: 3, deterministic: true };
  const body = { model: 'tiny', prompt, template: '{{ .Prompt }}', stream: false, options };
  const response = await send(server, 'POST', '/api/generate', body);
  return {
    reply: (await response.json()) as Reply,
    cut: response.headers.get('X-Ollama-Prompt-Truncated'),
  };
}

it('a reply reports the same count and tokens whichever way the prompt took', async () => {
  // The first context surely holds the text, the second one might not.
  for (const text of [
    'alpha beta gamma delta epsilon zeta eta theta',
    'iota kappa lambda mu nu xi omicron pi rho',
  ]) {
    const sent = await generate(text, 2048);
    const { tokens } = (await (
      await send(server, 'POST', '/api/tokenize', { model: 'tiny', content: text, add_special: true })
    ).json()) as { tokens: number[] };
    const asked = await generate(text, 128);
    expect(sent.reply.prompt_eval_count).toBe(tokens.length);
    expect(sent.reply.context.slice(0, tokens.length)).toEqual(tokens);
    expect(sent.reply.context).toHaveLength(tokens.length + sent.reply.eval_count);
    const { response, context, prompt_eval_count, eval_count } = sent.reply;
    expect(asked.reply).toMatchObject({ response, context, prompt_eval_count, eval_count });
    expect([sent.cut, asked.cut]).toEqual([null, null]);
  }
});

it('a prompt that does not fit is cut as before', async () => {
  const { reply, cut } = await generate('one two three four five six seven eight nine ten '.repeat(40), 64);
  expect(cut).toBe('true');
  expect(reply.prompt_eval_count).toBeLessThan(64);
});
