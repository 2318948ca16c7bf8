/** Which models can take back tokens of their last call, and how many: measured with the library itself. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SizedArchitecture } from '../../../test/fakes/models/sized-architectures.ts';
import { writeSizedModel } from '../../../test/fakes/models/sized-model.ts';
import { Batch } from '../batching/batch.ts';
import { type Bindings, bindFunctions, type Pointer } from '../native/bindings.ts';
import { loadLibraries } from '../native/libraries.ts';
import { viewFloats } from '../native/native-memory.ts';

const VOCABULARY = 400;
const PROMPT_TOKENS = 300;
const SNAPSHOTS = 7;
/** What a batch differs from single tokens by, in logits whose range is about 10. */
const ROUNDING = 1e-4;

let folder: string;
let bindings: Bindings;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'step-back-'));
  bindings = bindFunctions(loadLibraries());
});
afterAll(() => rm(folder, { recursive: true }));

/** A context whose sequence holds the same prompt each time. */
class Text {
  readonly context: Pointer;
  #length = 0;

  constructor(model: Pointer, snapshots: number) {
    const params = bindings.contextDefaultParams();
    Object.assign(params, { n_ctx: 1024, n_batch: 512, n_ubatch: 512, n_rs_seq: snapshots });
    Object.assign(params, { n_outputs_max: 16, n_outputs_max_per_seq: 16, n_threads: 1, n_threads_batch: 1 });
    // With it, sums have 16 bits, and a batch differs from single tokens by more.
    params.flash_attn_type = 0;
    const context = bindings.createContext(model, params);
    if (context === null) throw new Error('no context');
    this.context = context;
    this.compute(Array.from({ length: PROMPT_TOKENS }, (_, index) => token(index)));
  }

  /** @returns the logits after the last of these tokens */
  compute(tokens: readonly number[]): Float32Array {
    const batch = new Batch(tokens.length);
    for (const [index, id] of tokens.entries()) {
      batch.add(id, this.#length + index, 0, index === tokens.length - 1);
    }
    if (bindings.decode(this.context, batch.native) !== 0) throw new Error('llama_decode failed');
    this.#length += tokens.length;
    const logits = bindings.logitsAt(this.context, tokens.length - 1);
    if (logits === null) throw new Error('no logits');
    return Float32Array.from(viewFloats(logits, VOCABULARY));
  }

  takeBack(tokens: number): boolean {
    const memory = bindings.memory(this.context);
    if (memory === null || !bindings.memoryRemove(memory, 0, this.#length - tokens, -1)) return false;
    this.#length -= tokens;
    return true;
  }
}

function token(index: number): number {
  return 3 + ((index * 7919) % (VOCABULARY - 10));
}

const next = [token(400)];
const after = [token(401)];
/** Tokens that will turn out to be wrong. */
const wrong = (count: number, seed = 0) =>
  Array.from({ length: count }, (_, index) => token(500 + 37 * seed + index));

async function load(architecture: SizedArchitecture): Promise<Pointer> {
  const path = join(folder, `${architecture}.gguf`);
  const heads = { heads: 4, kvHeads: 2, headLength: 32 };
  const window = `${architecture}.attention.sliding_window`;
  await writeSizedModel(path, {
    ...{ architecture, seed: 3, embedding: 128, ...heads, feedForward: 128, layers: 6 },
    ...{ vocabulary: VOCABULARY, contextLength: 1024 },
    ...(['gemma3', 'gpt-oss'].includes(architecture) && {
      metadata: { [window]: { type: 'u32', value: 32 } },
    }),
  });
  const model = bindings.loadModel(path, bindings.modelDefaultParams());
  if (model === null) throw new Error('the model does not load');
  return model;
}

function difference(left: Float32Array, right: Float32Array): number {
  return Math.max(...left.map((value, index) => Math.abs(value - (right[index] ?? Number.NaN))));
}

describe.each<SizedArchitecture>(['gemma3', 'gpt-oss', 'lfm2', 'qwen35', 'nemotron_h'])(
  '%s',
  (architecture) => {
    it('takes back tokens of the last call, and then computes as if they had never been', async () => {
      const model = await load(architecture);
      const plain = new Text(model, 0);
      plain.compute(next);
      const expected = plain.compute(after);
      const results = [1, 2].map((seed) => {
        const drafted = new Text(model, SNAPSHOTS);
        drafted.compute([...next, ...wrong(SNAPSHOTS, seed)]);
        expect(drafted.takeBack(SNAPSHOTS)).toBe(true);
        return drafted.compute(after);
      });
      const [first = expected, second = expected] = results;
      expect(difference(first, expected)).toBeLessThan(ROUNDING);
      // What was taken back leaves no trace, to the last bit.
      expect(second).toEqual(first);
    });

    it('computes the same bits with and without snapshots as long as nothing is taken back', async () => {
      const model = await load(architecture);
      const [plain, kept] = [0, SNAPSHOTS].map((snapshots) => {
        const text = new Text(model, snapshots);
        text.compute(next);
        return text.compute(after);
      });
      expect(kept).toEqual(plain);
    });
  },
);

it.each<SizedArchitecture>(['lfm2', 'qwen35', 'nemotron_h'])(
  '%s restores a wrong state, without an error, where as many tokens are taken back as the last call had',
  async (architecture) => {
    const model = await load(architecture);
    const plain = new Text(model, SNAPSHOTS);
    plain.compute(next);
    const expected = plain.compute(after);
    const drafted = new Text(model, SNAPSHOTS);
    drafted.compute(next);
    drafted.compute(wrong(3));
    // This is why the engine forgets what a failed call has left (`KvCache.recover`), which llama_decode takes back itself.
    expect(drafted.takeBack(3)).toBe(true);
    expect(difference(drafted.compute(after), expected)).toBeGreaterThan(1);
  },
);

it.each<SizedArchitecture>(['mamba', 'mamba2', 'granitehybrid'])(
  '%s takes nothing back, although snapshots are wanted',
  async (architecture) => {
    const text = new Text(await load(architecture), SNAPSHOTS);
    text.compute([...next, ...wrong(3)]);
    expect(text.takeBack(3)).toBe(false);
    expect(bindings.contextSnapshots(text.context)).toBe(0);
  },
);
