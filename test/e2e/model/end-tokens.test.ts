import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ggufFacts } from '../../../src/gguf/facts.ts';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import { listOf } from '../../../src/gguf/writer.ts';
import type { CompletionEvent } from '../../../src/protocol/completion.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { startEngine } from '../support/engine-runner.ts';
import { plainSampling } from '../support/plain-sampling.ts';

const LENGTH = 24;
const PROMPT = [1, 100, 120, 140];

let folder: string;
const runners: Runner[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'end-tokens-'));
});

afterAll(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function complete(load: Pick<LoadOptions, 'modelPath' | 'endTokens'>) {
  const runner = await startEngine({ threads: 1, ...load });
  runners.push(runner);
  const request = {
    prompt: PROMPT,
    sampling: plainSampling,
    stop: [],
    maxTokens: LENGTH,
    keep: 4,
    shift: true,
  };
  let done: CompletionEvent | undefined;
  for await (const event of runner.complete(request)) done = event;
  if (done?.type !== 'done') throw new Error('the last event is not "done"');
  return done;
}

describe('several end tokens', () => {
  it('each end a completion, when the file lists them under the key of Ollama', async () => {
    const plain = join(folder, 'plain.gguf');
    await writeRandomModel(plain);
    const usual = await complete({ modelPath: plain });
    expect(usual.reason).toBe('length');
    // The last token that is new: none before it is the same.
    const place = usual.tokens.findLastIndex((token, index) => usual.tokens.indexOf(token) === index);
    expect(place).toBeGreaterThan(0);

    const listed = join(folder, 'listed.gguf');
    const ends = [2, usual.tokens[place] ?? 0];
    await writeRandomModel(listed, { metadata: { 'tokenizer.ggml.eos_token_ids': listOf('i32', ends) } });
    const { endTokens } = ggufFacts(await readGgufFile(listed, { arrays: 'skip' }));
    expect(endTokens).toEqual(ends);
    const ended = await complete({ modelPath: listed, endTokens: endTokens ?? [] });
    expect(ended.reason).toBe('stop');
    expect(ended.tokens).toEqual(usual.tokens.slice(0, place));
  });
});
