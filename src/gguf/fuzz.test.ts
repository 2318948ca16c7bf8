/** Damaged model files and adapters: each is read or refused, and costs no more than its own size. */
import { describe, expect, it } from 'vitest';
import { smallAdapter, smallModel, smallProjector } from '../../test/fakes/models/small-gguf.ts';
import { ggufNumbers, mutated } from '../../test/fakes/random/mutations.ts';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../test/scale.ts';
import { OllamaError } from '../base/errors.ts';
import { type ByteSource, memorySource } from './byte-source.ts';
import { ggufFacts } from './facts.ts';
import { parseGguf } from './parse.ts';
import { encodeGguf, listOf } from './writer.ts';

const ROUNDS = rounds({ change: 400, long: 10_000, nightly: 500_000 });
/** The parser reads a file once, and the vocabulary twice more for the special tokens. */
const MOST_READS_OF_A_BYTE = 4;
/** One buffer of the parser may reach beyond what it needs. */
const SLACK_BYTES = 64 * 1024;

const text = (value: string) => ({ type: 'string', value }) as const;
const seeds: Readonly<Record<string, Uint8Array>> = {
  model: smallModel({
    'llama.attention.head_count_kv': listOf('u32', [2, 2]),
    'tokenizer.ggml.scores': listOf('f32', [0, 1, 2, 3, 4, 5]),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: true },
    'tokenizer.ggml.eos_token_id': { type: 'u32', value: 2 },
    'llama.rope.freq_base': { type: 'f32', value: 10_000 },
    'general.big': { type: 'u64', value: 5n },
  }),
  'model of experts': smallModel({ 'qwen3moe.expert_count': { type: 'u32', value: 8 } }, 'qwen3moe'),
  adapter: smallAdapter(),
  projector: smallProjector(),
  shard: encodeGguf({
    metadata: {
      'general.architecture': text('llama'),
      'split.no': { type: 'u16', value: 0 },
      'split.count': { type: 'u16', value: 3 },
      'split.tensors.count': { type: 'i32', value: 4 },
    },
    tensors: ['a', 'b'].map((name) => ({ name, shape: [8, 2], type: 0, data: new Uint8Array(64) })),
  }),
};

/** Counts the bytes that are asked for. */
function counting(bytes: Uint8Array): { source: ByteSource; read: () => number } {
  const inner = memorySource(bytes);
  let total = 0;
  const read: ByteSource['read'] = async (target, position) => {
    const count = await inner.read(target, position);
    total += count;
    return count;
  };
  return { source: { size: inner.size, read }, read: () => total };
}

describe.each(Object.entries(seeds))('%s', (kind, bytes) => {
  const fields = ggufNumbers(bytes);

  it('is valid before it is damaged, and its numbers are found', async () => {
    await expect(parseGguf(memorySource(bytes)).then(ggufFacts)).resolves.toBeDefined();
    expect(fields.length).toBeGreaterThan(10);
  });

  it(`is read or refused in ${ROUNDS} damaged forms`, async () => {
    let refused = 0;
    const first = seedFrom(1000 * kind.length);
    for (let seed = first; seed < first + ROUNDS; seed++) {
      const file = mutated(bytes, seededRandom(seed), fields);
      const { source, read } = counting(file);
      for (const arrays of ['skip', 'keep'] as const) {
        const outcome = await parseGguf(source, { arrays })
          .then(ggufFacts)
          .catch((error: unknown) => error);
        if (!(outcome instanceof Error)) continue;
        refused += 1;
        expect(outcome, `seed ${seed}: ${outcome.stack}`).toBeInstanceOf(OllamaError);
      }
      const most = 2 * MOST_READS_OF_A_BYTE * file.length + SLACK_BYTES;
      expect(read(), `seed ${seed}`).toBeLessThanOrEqual(most);
    }
    // Neither all nor none: the damage reaches what follows the header, and is found.
    expect(refused).toBeGreaterThan(ROUNDS / 10);
    expect(refused).toBeLessThan(2 * ROUNDS);
  });
});
