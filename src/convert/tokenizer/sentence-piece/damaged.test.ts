import { describe, expect, it } from 'vitest';
import { encodeSentencePieceModel } from '../../../../test/fakes/import/sentence-piece-file.ts';
import { seededRandom } from '../../../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../../../test/scale.ts';
import { OllamaError } from '../../../base/errors.ts';
import { parseSentencePiece } from './sentence-piece-model.ts';

const ROUNDS = rounds({ change: 1000, long: 20_000, nightly: 500_000 });

const model = encodeSentencePieceModel(
  ['<unk>', '<s>', '▁the', 'ing', '\ufeff//', '<0x0A>', 'é', '你'].map((text, index) => ({
    ...{ text, score: -index, type: index === 0 ? 2 : 1 },
  })),
);

describe('a damaged tokenizer.model', () => {
  it('is read or refused, and never anything else', () => {
    const random = seededRandom(seedFrom(3));
    const byte = () => Math.floor(random() * 256);
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = Uint8Array.from(model);
      for (let change = 0; change < 1 + random() * 4; change++)
        bytes[Math.floor(random() * bytes.length)] = byte();
      const cut = random() < 0.3 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
      try {
        expect(parseSentencePiece(cut).pieces.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(OllamaError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(ROUNDS / 10);
  });

  it('cannot state a length beyond its end, nor a number that never ends', () => {
    const endless = new Uint8Array(40).fill(0xff);
    const beyond = Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f);
    for (const bytes of [endless, beyond]) {
      expect(() => parseSentencePiece(bytes)).toThrow('tokenizer.model is damaged: download it again');
    }
  });
});
