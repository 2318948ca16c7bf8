import { beforeAll, describe, expect, it } from 'vitest';
import {
  createSamplerFixture,
  plain,
  type SamplerFixture,
} from '../../../test/fakes/models/sampler-fixture.ts';
import type { SamplingOptions } from '../../protocol/completion.ts';
import { forbidding, resolveBiases } from './logit-biases.ts';
import { samplerChain } from './sampler-chain.ts';

const [a, b, c, d, e] = [300, 301, 302, 303, 304];

let fixture: SamplerFixture;
beforeAll(async () => {
  fixture = await createSamplerFixture();
});

interface Asked {
  readonly options?: Partial<SamplingOptions>;
  readonly logits: Readonly<Record<number, number>>;
  readonly others?: number;
  /** Tokens before this one. */
  readonly history?: readonly number[];
  readonly draws?: number;
}

/** How often each token is drawn, most often first; the seed of the first draw is 1. */
function draw({ options, logits, others, history = [], draws = 400 }: Asked): Map<number, number> {
  const { parts, setLogits } = fixture;
  const all = { ...plain, ...options };
  const { chain } = samplerChain(parts, all, resolveBiases(parts.tokenizer, all.logitBias ?? []));
  for (const token of history) parts.bindings.samplerAccept(chain, token);
  const counts = new Map<number, number>();
  setLogits(logits, others);
  for (let index = 0; index < draws; index++) {
    parts.candidates.fill(parts.logits.at(0));
    parts.bindings.samplerApply(chain, parts.candidates.pointer);
    const token = parts.candidates.selected();
    if (token === undefined) throw new Error('all are masked');
    counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  parts.bindings.samplerFree(chain);
  return new Map([...counts].sort((left, right) => right[1] - left[1]));
}

const drawn = (asked: Asked) => [...draw(asked).keys()].sort((left, right) => left - right);
const share = (asked: Asked, token: number) => (draw(asked).get(token) ?? 0) / (asked.draws ?? 400);
/** Probabilities of 0.5, 0.25, 0.15, 0.07 and 0.03. */
const falling = {
  [a]: Math.log(0.5),
  [b]: Math.log(0.25),
  [c]: Math.log(0.15),
  [d]: Math.log(0.07),
  [e]: Math.log(0.03),
};

describe('the draw', () => {
  it('follows the probabilities, and repeats only with the same seed', () => {
    expect(share({ logits: falling, draws: 4000 }, a)).toBeCloseTo(0.5, 1);
    expect(share({ logits: falling, draws: 4000 }, c)).toBeCloseTo(0.15, 1);
    expect([...draw({ logits: falling })]).toEqual([...draw({ logits: falling })]);
    expect([...draw({ logits: falling })]).not.toEqual([...draw({ logits: falling, options: { seed: 2 } })]);
  });

  it('repeats even with the seed that llama.cpp would replace with a random one', () => {
    const options = { seed: 2 ** 32 - 1 };
    expect([...draw({ logits: falling, options })]).toEqual([...draw({ logits: falling, options })]);
  });
});

describe('the cuts', () => {
  it.each([
    ['top_k', { topK: 2 }, [a, b]],
    ['top_p', { topP: 0.8 }, [a, b, c]],
    ['top_p 0', { topP: 0 }, [a]],
    ['min_p', { minP: 0.4 }, [a, b]],
    // entropy 1.28 nats: b (1.39) is nearest to it, then a (0.69)
    ['typical_p', { typicalP: 0.2 }, [b]],
    ['typical_p', { typicalP: 0.6 }, [a, b]],
  ] as const)('%s keeps only the tokens it should', (_, options, kept) => {
    expect(drawn({ logits: falling, options, draws: 1000 })).toEqual(kept);
  });

  it('typical_p is not distorted by masked tokens', () => {
    const logitBias = [[a, false] as const];
    // without a: 0.5, 0.3, 0.14, 0.06, entropy 1.15 nats, so c (1.20) is nearest
    expect(drawn({ logits: falling, options: { typicalP: 0.1, logitBias } })).toEqual([c]);
  });

  it('top_n_sigma keeps tokens near the likeliest, in standard deviations', () => {
    const logits = { [a]: 10, [b]: 9, [c]: 5, [d]: 1, [e]: 0 };
    // mean 5, deviation sqrt(81.6 / 5) = 4.05: 1 sigma reaches down to 5.95, 1.5 to 3.9
    const kept = (topNSigma: number) =>
      drawn({ logits, options: { topNSigma, temperature: 20 }, draws: 1000 });
    expect(kept(0.1)).toEqual([a]);
    expect(kept(1)).toEqual([a, b]);
    expect(kept(1.5)).toEqual([a, b, c]);
  });

  it('xtc drops the likeliest tokens above its threshold, with its probability', () => {
    const xtc = { probability: 1, threshold: 0.1 };
    expect(drawn({ logits: falling, options: { xtc }, draws: 1000 })).toEqual([c, d, e]);
    const half = { probability: 0.5, threshold: 0.1 };
    expect(share({ logits: falling, options: { xtc: half }, draws: 4000 }, a)).toBeCloseTo(0.25, 1);
    const one = { probability: 1, threshold: 0.3 };
    expect(drawn({ logits: falling, options: { xtc: one }, draws: 1000 })).toEqual([a, b, c, d, e]);
  });
});

describe('the temperature', () => {
  it('makes the likeliest token more or less likely', () => {
    expect(share({ logits: falling, options: { temperature: 0.3 } }, a)).toBeGreaterThan(0.8);
    expect(share({ logits: falling, options: { temperature: 30 }, draws: 2000 }, e)).toBeGreaterThan(0.14);
  });

  it.each([0, 1e-45, 1e-9])('%d picks the likeliest token', (temperature) => {
    expect(drawn({ logits: falling, options: { temperature } })).toEqual([a]);
  });

  it('follows the entropy within its range', () => {
    const options = { temperature: 1, dynamicTemperature: { range: 1, exponent: 1 } };
    const sure = { [a]: 8, [b]: 5, [c]: 5, [d]: 5, [e]: 5 };
    const unsure = { [a]: 4 };
    expect(share({ logits: sure, options, others: 0, draws: 2000 }, a)).toBeGreaterThan(
      share({ logits: sure, others: 0, draws: 2000 }, a) + 0.1,
    );
    expect(share({ logits: unsure, options, others: 0, draws: 2000 }, a)).toBeLessThan(
      share({ logits: unsure, others: 0, draws: 2000 }, a) - 0.05,
    );
  });

  it('gives sensible results at the extremes of its range', () => {
    const extreme = { temperature: 0.001, dynamicTemperature: { range: 1000, exponent: 1000 } };
    expect(drawn({ logits: { [a]: 30, [b]: 10 }, others: -30, options: extreme })).toEqual([a]);
  });
});

describe('the penalties', () => {
  const logits = { [a]: 2, [b]: 1.8, [c]: -1 };
  const pick = (options: Partial<SamplingOptions>, history: readonly number[]) =>
    drawn({ logits, others: -20, history, options: { temperature: 0, repeatLastN: 8, ...options } });

  it('make earlier tokens less likely', () => {
    expect(pick({ repeatPenalty: 1.5 }, [a])).toEqual([b]);
    expect(pick({ presencePenalty: 0.3 }, [a])).toEqual([b]);
    expect(pick({ frequencyPenalty: 0.15 }, [a])).toEqual([a]);
    expect(pick({ frequencyPenalty: 0.15 }, [a, a])).toEqual([b]);
  });

  it('ignore what is further back than repeat_last_n', () => {
    expect(pick({ repeatPenalty: 1.5, repeatLastN: 2 }, [a, c, c])).toEqual([a]);
    expect(pick({ repeatPenalty: 1.5, repeatLastN: -1 }, [a, c, c])).toEqual([b]);
    expect(pick({ repeatPenalty: 1.5, repeatLastN: 0 }, [a])).toEqual([a]);
  });
});

describe('DRY', () => {
  const dry = { multiplier: 1, base: 2, allowedLength: 2, lastN: -1, breakers: [] };
  const pick = (options: SamplingOptions['dry'] & object, history: readonly number[]) =>
    drawn({ logits: { [c]: 3, [d]: 2.5 }, others: 0, history, options: { temperature: 0, dry: options } });

  it('makes the continuation of a repeated sequence less likely', () => {
    expect(pick(dry, [a, b, c, e, a, b])).toEqual([d]);
    expect(pick({ ...dry, multiplier: 0.1 }, [a, b, c, e, a, b])).toEqual([c]);
  });

  it('ignores repetitions that are short, far back, or across a breaker', () => {
    expect(pick({ ...dry, allowedLength: 3 }, [a, b, c, e, a, b])).toEqual([c]);
    expect(pick({ ...dry, lastN: 3 }, [a, b, c, e, a, b])).toEqual([c]);
    const breaker = fixture.parts.tokenizer.detokenize([b]);
    expect(pick({ ...dry, breakers: [breaker] }, [a, b, c, e, a, b])).toEqual([c]);
  });

  it('grows with the length of the repetition', () => {
    const weak = { ...dry, multiplier: 0.1, base: 3 };
    expect(pick(weak, [a, b, c, e, a, b])).toEqual([c]);
    expect(pick(weak, [e, d, a, b, c, e, d, a, b])).toEqual([d]);
  });
});

describe('mirostat', () => {
  it.each([1, 2] as const)('version %i keeps the surprise near tau', (version) => {
    const logits = Object.fromEntries(
      Array.from({ length: 300 }, (_, token) => [token, -Math.log(token + 1)]),
    );
    const surprise = (tau: number) => {
      const counts = draw({ logits, draws: 2000, options: { mirostat: { version, tau, eta: 0.1 } } });
      return counts.size;
    };
    expect(surprise(1)).toBeLessThan(surprise(3));
    expect(surprise(3)).toBeLessThan(surprise(6));
  });

  it.each([1, 2] as const)('version %i selects no masked token, whatever its parameters', (version) => {
    for (const [tau, eta] of [
      [0, 0],
      [100, 1],
      [5, 0.1],
    ] as const) {
      const options = { mirostat: { version, tau, eta }, logitBias: [[a, false] as const] };
      expect(drawn({ logits: falling, options })).not.toContain(a);
    }
  });
});

describe('biases', () => {
  it('are added to the logits of ids and of the tokens of a text; false forbids', () => {
    const { tokenizer } = fixture.parts;
    const text = tokenizer.detokenize([c]);
    const pick = (logitBias: SamplingOptions['logitBias'] & object) =>
      drawn({ logits: falling, options: { temperature: 0, logitBias } });
    expect(pick([[e, 10]])).toEqual([e]);
    expect(pick([[text, 10]])).toEqual([c]);
    expect(pick([[a, false]])).toEqual([b]);
    expect(
      pick([
        [a, -2],
        [b, -2],
      ]),
    ).toEqual([c]);
  });

  it('reject tokens that are not in the vocabulary, naming them', () => {
    const { tokenizer } = fixture.parts;
    expect(() => resolveBiases(tokenizer, [[tokenizer.size, 1]])).toThrow(
      `option "logit_bias" names token ${tokenizer.size}, which is not in the vocabulary of ${tokenizer.size} tokens`,
    );
  });

  it('forbid tokens as a mask', () => {
    expect(forbidding([3])).toEqual([[3, Number.NEGATIVE_INFINITY]]);
  });
});
