/** Ollama's one-file models: the language model inside answers as it does alone. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemFreeBytes } from '../../../src/base/disk-space.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { TextCopies } from '../../../src/store/text-copies.ts';
import { writeOneFileGemma3 } from '../../fakes/models/one-file-model.ts';
import { writeRandomArchitecture } from '../../fakes/models/random-architectures.ts';
import { askRunner, startEngine } from '../support/engine-runner.ts';

let folder: string;
let plain: string;
let oneFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'one-file-'));
  plain = join(folder, 'plain.gguf');
  oneFile = join(folder, 'one-file.gguf');
  await writeRandomArchitecture(plain, 'gemma3');
  await writeOneFileGemma3(plain, oneFile);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function answer(modelPath: string) {
  const runner = await startEngine({ modelPath, contextLength: 256, threads: 1 });
  try {
    const prompt = await runner.tokenize('The quick brown fox', { addSpecial: true, parseSpecial: true });
    return await askRunner(runner, prompt, { topLogprobs: 2, draftTokens: 0 });
  } finally {
    await runner.stop();
  }
}

it('is refused as it is', async () => {
  const failure = await answer(oneFile).catch(messageOf);
  expect(failure).toEqual(expect.any(String));
});

it('answers from its copy as the language model alone', async () => {
  const copies = new TextCopies({ folder: join(folder, 'copies'), freeBytes: systemFreeBytes });
  const source = { digest: `sha256:${'a'.repeat(64)}`, path: oneFile } as const;
  expect(await copies.find(source)).toBeUndefined();
  const { path } = await copies.make(source);
  expect((await copies.find(source))?.path).toBe(path);
  const expected = await answer(plain);
  expect(await answer(path)).toEqual(expected);
});
