import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, linesOf, randomModelBytes, send } from '../support/server-requests.ts';

const CONTEXT_LENGTH = 4096;
const options = { num_predict: 2, temperature: 0, num_ctx: CONTEXT_LENGTH };
/** Several steps of the engine. */
const prompt = 'The quick brown fox jumps over the lazy dog, and the dog does not mind at all. '.repeat(40);

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await createModel(server, 'tiny', await randomModelBytes({ contextLength: CONTEXT_LENGTH }));
});
afterAll(() => server[Symbol.asyncDispose]());

interface Progress {
  readonly total: number;
  readonly cache: number;
  readonly processed: number;
  readonly time_ms: number;
}

async function ask(text: string): Promise<{ progress: Progress[]; last: Record<string, unknown> }> {
  const request = {
    model: 'tiny',
    prompt: text,
    raw: true,
    verbose_metrics: true,
    return_progress: true,
    options,
  };
  const lines: Record<string, unknown>[] = [];
  for await (const line of linesOf(await send(server, 'POST', '/api/generate', request))) lines.push(line);
  // While the model is loaded, the stream says so.
  while (lines[0] && 'queue_progress' in lines[0]) lines.shift();
  expect(lines.some((line) => 'queue_progress' in line)).toBe(false);
  const count = lines.findIndex((line) => !('prompt_progress' in line));
  expect(lines.slice(count).some((line) => 'prompt_progress' in line)).toBe(false);
  return {
    progress: lines.slice(0, count).map((line) => line.prompt_progress as Progress),
    last: lines.at(-1) ?? {},
  };
}

describe('the progress of a prompt', () => {
  it('grows from what is cached to the whole prompt, step by step', async () => {
    const { progress, last } = await ask(prompt);
    const total = last.prompt_eval_count as number;
    expect(total).toBeGreaterThan(500);
    expect(progress[0]).toMatchObject({ total, cache: 0, processed: 0 });
    expect(progress.at(-1)).toMatchObject({ total, processed: total });
    expect(progress.length).toBeGreaterThan(3);
    for (const [index, { processed, time_ms, ...same }] of progress.entries()) {
      const before = progress[index - 1];
      expect(same).toEqual({ total, cache: 0 });
      if (!before) continue;
      expect(processed).toBeGreaterThan(before.processed);
      expect(time_ms).toBeGreaterThanOrEqual(before.time_ms);
    }
  });

  it('begins with what a conversation before it has left in the cache', async () => {
    await ask(prompt);
    const { progress, last } = await ask(`${prompt} And then it rained for a week.`);
    expect(progress[0]?.cache).toBeGreaterThan(500);
    expect(progress[0]).toMatchObject({ cache: last.prompt_eval_cached, processed: last.prompt_eval_cached });
    expect(progress.at(-1)?.processed).toBe(last.prompt_eval_count);
  });
});
