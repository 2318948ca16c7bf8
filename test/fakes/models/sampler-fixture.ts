import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { type Bindings, bindFunctions } from '../../../src/engine/native/bindings.ts';
import { type Libraries, loadLibraries } from '../../../src/engine/native/libraries.ts';
import { allocateInt32 } from '../../../src/engine/native/native-memory.ts';
import { createSamplerParts, type SamplerParts } from '../../../src/engine/sampling/sampler-parts.ts';
import { Tokenizer } from '../../../src/engine/text/tokenizer.ts';
import type { SamplingOptions } from '../../../src/protocol/completion.ts';
import { removeFolder } from '../remove-folder.ts';
import { writeRandomModel } from './random-model.ts';

/** Selects the likeliest token, with every other sampler off. */
export const greedy: SamplingOptions = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  typicalP: 1,
  repeatPenalty: 1,
  repeatLastN: 0,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: 1,
};

/** Draws from the whole distribution. */
export const plain: SamplingOptions = { ...greedy, temperature: 1 };

export interface SamplerFixture {
  readonly parts: SamplerParts;
  /** Sets the logits of every output from now on; a token that is not listed gets `others`. */
  setLogits(logits: Readonly<Record<number, number>>, others?: number): void;
}

/**
 * The real samplers over the vocabulary of a random model, with logits set by a test instead of computed by a context.
 */
export async function createSamplerFixture(
  contextLength = 64,
  write: (path: string) => Promise<void> = writeRandomModel,
): Promise<SamplerFixture> {
  const libraries = loadLibraries();
  silence(libraries);
  const real = bindFunctions(libraries);
  const model = await loadWrittenModel(real, write);
  const tokenizer = new Tokenizer(real, model);
  const memory = allocateInt32(tokenizer.size);
  const logits = new Float32Array(memory.view.buffer);
  const overrides: Pick<Bindings, 'logitsAt' | 'samplerSample'> = {
    logitsAt: Object.assign(() => memory.pointer, { async: real.logitsAt.async }),
    samplerSample: Object.assign(
      (chain: bigint) => {
        parts.candidates.fill(logits);
        real.samplerApply(chain, parts.candidates.pointer);
        const token = parts.candidates.selected() ?? 0;
        real.samplerAccept(chain, token);
        return token;
      },
      { async: real.samplerSample.async },
    ),
  };
  const parts: SamplerParts = createSamplerParts({ ...real, ...overrides }, 0n, tokenizer, contextLength);
  return {
    parts,
    setLogits: (values, others = Number.NEGATIVE_INFINITY) => {
      logits.fill(others);
      for (const [token, logit] of Object.entries(values)) logits[Number(token)] = logit;
    },
  };
}

const logType = koffi.proto('void sampler_fixture_log(int level, const char *text, void *user_data)');

/** Drops the library's log lines. */
export function silence({ llama }: Libraries): void {
  const callback = koffi.register(() => undefined, koffi.pointer(logType));
  llama.func('void llama_log_set(void *, void *)')(callback, null);
}

async function loadWrittenModel(bindings: Bindings, write: (path: string) => Promise<void>): Promise<bigint> {
  const folder = await mkdtemp(join(tmpdir(), 'sampler-fixture-'));
  try {
    const path = join(folder, 'model.gguf');
    await write(path);
    const model = bindings.loadModel(path, bindings.modelDefaultParams());
    if (model === null) throw new Error('the random model does not load');
    return model;
  } finally {
    await removeFolder(folder);
  }
}
