import { beforeAll, describe, expect, it } from 'vitest';
import {
  createSamplerFixture,
  greedy,
  plain,
  type SamplerFixture,
} from '../../../test/fakes/models/sampler-fixture.ts';
import type { SamplingOptions } from '../../protocol/completion.ts';
import { compileGrammar } from './grammar.ts';
import { Sampler } from './sampler.ts';
import { samplerChain } from './sampler-chain.ts';
import { SamplingBudget } from './sampling-budget.ts';

const [a, b, c] = [300, 301, 302];
/** The random model's end-of-sequence token. */
const end = 2;

let fixture: SamplerFixture;
beforeAll(async () => {
  fixture = await createSamplerFixture();
});

const samplerOf = (options: Partial<SamplingOptions> = {}, grammar?: string) =>
  new Sampler(fixture.parts, { ...greedy, ...options }, grammar);
const idOf = (text: string) => fixture.parts.tokenizer.tokenize(text, false, false)[0] ?? -1;
async function take(sampler: Sampler, count: number): Promise<number[]> {
  const tokens: number[] = [];
  while (tokens.length < count) tokens.push(await sampler.sample(0));
  return tokens;
}
/** Samples, and reports every failure as a rejection. */
const sample = async (sampler: Sampler) => sampler.sample(0);
const textOf = (tokens: readonly number[]) => fixture.parts.tokenizer.detokenize(tokens);
/** The token of a byte. */
const byte = (character: string) => 3 + character.charCodeAt(0);
const everyWay: readonly Partial<SamplingOptions>[] = [
  greedy,
  plain,
  { ...plain, topK: 3, topP: 0.5, minP: 0.1 },
  { ...plain, typicalP: 0.5, dynamicTemperature: { range: 1, exponent: 1 } },
  { ...plain, topNSigma: 1, xtc: { probability: 1, threshold: 0.1 } },
  { ...plain, mirostat: { version: 1, tau: 5, eta: 0.1 } },
  { ...plain, mirostat: { version: 2, tau: 5, eta: 0.1 } },
];
const nothingLeft =
  /no token is possible: the grammar, "logit_bias" and "banned_strings" exclude all tokens; relax one of them/;

describe('a sampler', () => {
  it('looks back at the prompt and at its own samples', async () => {
    fixture.setLogits({ [a]: 3, [b]: 2.5, [c]: 2 }, 0);
    const sampler = samplerOf({ presencePenalty: 1.1, repeatLastN: 2 });
    sampler.acceptPrompt([a, c, c, a]);
    expect(await take(sampler, 3)).toEqual([b, c, a]);
    sampler.free();
  });

  it('throws an error when every token is forbidden', async () => {
    fixture.setLogits({ [a]: 1 }, 0);
    const { size } = fixture.parts.tokenizer;
    const logitBias = Array.from({ length: size }, (_, token) => [token, false] as const);
    for (const options of everyWay) {
      const sampler = samplerOf({ ...options, logitBias });
      await expect(sample(sampler)).rejects.toThrow(nothingLeft);
      sampler.free();
    }
  });

  it('rejects logits that are NaN', async () => {
    const sampler = samplerOf(plain);
    fixture.setLogits({ [a]: 1, [b]: Number.NaN }, 0);
    await expect(sample(sampler)).rejects.toThrow(/the model computed NaN instead of numbers/);
    fixture.setLogits({ [a]: 1 });
    expect(await sampler.sample(0)).toBe(a);
    fixture.setLogits({}, Number.NaN);
    await expect(sample(sampler)).rejects.toThrow(/computed NaN/);
    sampler.free();
  });
});

describe('the end of a generation', () => {
  it('does not come before min_tokens', async () => {
    fixture.setLogits({ [end]: 9, [a]: 1 }, 0);
    const sampler = samplerOf({ minTokens: 3 });
    expect(await take(sampler, 4)).toEqual([a, a, a, end]);
    sampler.free();
  });

  it('never comes with ignore_eos, even when drawn at random', async () => {
    fixture.setLogits({ [end]: 9, [a]: 1, [b]: 1 });
    const sampler = samplerOf({ ...plain, ignoreEos: true });
    expect(await take(sampler, 100)).not.toContain(end);
    sampler.free();
  });

  it('comes anyway where a grammar allows nothing else', async () => {
    fixture.setLogits({ [end]: 9 }, 0);
    for (const options of [{ minTokens: 9 }, { ignoreEos: true }]) {
      const sampler = samplerOf(options, 'root ::= "ab"');
      const tokens: number[] = [];
      while (tokens.at(-1) !== end && tokens.length < 5) tokens.push(await sampler.sample(0));
      expect(textOf(tokens.slice(0, -1))).toBe('ab');
      sampler.free();
    }
  });
});

describe('a grammar', () => {
  it('decides which tokens are possible, and the logits decide which of them is chosen', async () => {
    fixture.setLogits({ [idOf('z')]: 9, [idOf('n')]: 2, [idOf('y')]: 1 }, 0);
    const sampler = samplerOf({}, 'root ::= "y" | "n"');
    expect(textOf([await sampler.sample(0)])).toBe('n');
    expect(await sampler.sample(0)).toBe(end);
    sampler.free();
  });

  it('draws as if it had filtered the whole vocabulary first', async () => {
    const { parts } = fixture;
    const { bindings, candidates, tokenizer } = parts;
    const text = 'root ::= [a-m]+';
    for (const options of [{ ...plain, topK: 3 }, { ...plain, topK: 30, topP: 0.9 }, greedy, plain]) {
      const { chain } = samplerChain(parts, options, []);
      const grammar = compileGrammar(bindings, tokenizer, text);
      const select = (...samplers: bigint[]) => {
        candidates.fill(parts.logits.at(0));
        for (const sampler of samplers) bindings.samplerApply(sampler, candidates.pointer);
        return candidates.selected() ?? -1;
      };
      const sampler = samplerOf(options, text);
      for (let round = 1; round <= 40; round++) {
        // All different, because the order of equal logits is not defined.
        const logit = (id: number) => ((id * 7919 * round) % 337) / 40;
        fixture.setLogits(Object.fromEntries(Array.from({ length: 337 }, (_, id) => [id, logit(id)])));
        const first = select(chain);
        const isAllowed = candidates.allows(first, (list) => bindings.samplerApply(grammar, list));
        const expected = isAllowed ? first : select(grammar, chain);
        expect(await sampler.sample(0)).toBe(expected);
        bindings.samplerAccept(grammar, expected);
      }
      sampler.free();
      bindings.samplerFree(chain);
      bindings.samplerFree(grammar);
    }
  });

  it('fails the request instead of the process when biases leave no token', async () => {
    fixture.setLogits({}, 0);
    const logitBias = [[idOf('q'), false] as const, [byte('q'), false] as const];
    for (const options of everyWay) {
      const sampler = samplerOf({ ...options, logitBias }, 'root ::= "q"');
      await expect(sample(sampler)).rejects.toThrow(nothingLeft);
      sampler.free();
    }
  });
});

describe('forcedText', () => {
  it('is what the grammar leaves no choice about', async () => {
    fixture.setLogits({ [idOf('k')]: 9, [idOf('a')]: 2 }, 0);
    const sampler = samplerOf({}, 'root ::= "key" "=" ("a" | "b") "é."?');
    expect(sampler.forcedText()).toBe('key=');
    const tokens = await take(sampler, 1);
    expect(sampler.forcedText()).toBe('key='.slice(textOf(tokens).length));
    while (!textOf(tokens).endsWith('=')) tokens.push(...(await take(sampler, 1)));
    expect(sampler.forcedText()).toBe('');
    sampler.rewind([]);
    expect(sampler.forcedText()).toBe('key=');
    sampler.free();
  });

  it('is not known without a grammar, nor by the sampler of llama.cpp', () => {
    const { matchers: _matchers, ...native } = fixture.parts;
    const samplers = [samplerOf(), new Sampler(native, greedy, 'root ::= "key"')];
    for (const sampler of samplers) {
      expect(sampler.forcedText()).toBe('');
      sampler.free();
    }
  });
});

describe('forbid', () => {
  it('applies to the next token only', async () => {
    fixture.setLogits({ [a]: 3, [b]: 2, [c]: 1 }, 0);
    const sampler = samplerOf();
    sampler.forbid([a]);
    sampler.forbid([b]);
    expect(await take(sampler, 2)).toEqual([c, a]);
    sampler.free();
  });

  it('combines with a grammar and with min_tokens', async () => {
    fixture.setLogits({ [end]: 9, [idOf('y')]: 3, [idOf('n')]: 2 }, 0);
    const sampler = samplerOf({ minTokens: 2 }, 'root ::= [ny]+');
    sampler.forbid([idOf('y')]);
    expect(textOf(await take(sampler, 2))).toBe('ny');
    sampler.forbid([end, idOf('y'), idOf('n'), byte('y'), byte('n')]);
    await expect(sample(sampler)).rejects.toThrow(nothingLeft);
    sampler.free();
  });
});

describe('rewind', () => {
  it('steps back: penalties, grammar and min_tokens see only what is left', async () => {
    fixture.setLogits({ [end]: 9, [idOf('x')]: 3, [idOf('y')]: 2, [idOf('z')]: 1 }, 0);
    const options = { presencePenalty: 5, repeatLastN: 8, minTokens: 3 };
    const sampler = samplerOf(options, 'root ::= [xyz]{3}');
    sampler.acceptPrompt([idOf('x')]);
    const generated = await take(sampler, 4);
    expect(textOf(generated.slice(0, 3))).toBe('yzx');
    sampler.rewind(generated.slice(0, 1));
    expect(textOf(await take(sampler, 2))).toBe('zx');
    sampler.rewind([]);
    expect(textOf(await take(sampler, 3))).toBe('yzx');
    sampler.free();
  });

  it('keeps what was forbidden there, and forgets what was forbidden later', async () => {
    fixture.setLogits({ [a]: 3, [b]: 2, [c]: 1 }, 0);
    const sampler = samplerOf();
    await take(sampler, 2);
    sampler.rewind([a]);
    sampler.forbid([a]);
    expect(await sampler.sample(0)).toBe(b);
    sampler.rewind([a]);
    sampler.forbid([b]);
    expect(await take(sampler, 2)).toEqual([c, a]);
    sampler.rewind([]);
    expect(await take(sampler, 2)).toEqual([a, a]);
    sampler.free();
  });
});

describe('a slow grammar in the sampler of llama.cpp', () => {
  const waitFor = (milliseconds: number) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  };
  /** The real samplers, where each use of the grammar seems to take a while. */
  const slowSampler = (
    timesPerUse: { wallMs: number; cpuMs: number },
    wait: () => void = () => undefined,
  ) => {
    const now = { wallMs: 0, cpuMs: 0 };
    const pass = (list: () => void) => {
      now.wallMs += timesPerUse.wallMs;
      now.cpuMs += timesPerUse.cpuMs;
      wait();
      list();
    };
    const { matchers: _matchers, ...parts } = fixture.parts;
    const { samplerApply } = parts.bindings;
    const bindings = {
      ...parts.bindings,
      samplerApply: Object.assign(
        (sampler: bigint, list: bigint) => pass(() => samplerApply(sampler, list)),
        samplerApply,
      ),
    };
    const createBudget = () => new SamplingBudget(() => ({ ...now }));
    return new Sampler({ ...parts, bindings, createBudget }, greedy, 'root ::= [yn]+');
  };

  it('fails its request after a second of processor time, and no other', async () => {
    fixture.setLogits({ [idOf('z')]: 9, [idOf('n')]: 2, [idOf('y')]: 1 }, 0);
    const slow = slowSampler({ wallMs: 600, cpuMs: 600 });
    const other = samplerOf({}, 'root ::= [yn]+');
    await expect(sample(slow)).rejects.toMatchObject({
      code: 'overrun',
      message: expect.stringContaining('took more than 1 s: simplify the grammar'),
    });
    expect(textOf(await take(other, 2))).toBe('nn');
    for (const sampler of [slow, other]) sampler.free();
  });

  it('lets its client leave while it filters the vocabulary', async () => {
    fixture.setLogits({ [idOf('z')]: 9, [idOf('n')]: 2 }, 0);
    const slow = slowSampler({ wallMs: 0, cpuMs: 0 }, () => waitFor(60));
    let asked = 0;
    const isCanceled = () => ++asked > 0;
    await expect((async () => slow.sample(0, isCanceled))()).rejects.toMatchObject({ code: 'canceled' });
    expect(asked).toBe(1);
    slow.free();
  });

  it('is not blamed for time in which the process did not run', async () => {
    fixture.setLogits({ [idOf('z')]: 9, [idOf('n')]: 2 }, 0);
    const stopped = slowSampler({ wallMs: 60_000, cpuMs: 1 });
    expect(textOf(await take(stopped, 2))).toBe('nn');
    stopped.free();
  });
});

it('judges each token in a slice as it would alone', () => {
  const { bindings, candidates, logits, tokenizer } = fixture.parts;
  const grammar = compileGrammar(bindings, tokenizer, 'root ::= [a-m] [^x]* | "the" "z"');
  const filter = (list: bigint) => bindings.samplerApply(grammar, list);
  const tokens = Array.from({ length: tokenizer.size }, (_, token) => token);
  const alone = tokens.filter((token) => candidates.allows(token, filter));
  expect(alone.length).toBeGreaterThan(10);
  for (const size of [50, 100, tokenizer.size - 1]) {
    const inSlices = tokens.filter((token) => {
      fixture.setLogits({ [token]: 1 });
      candidates.fill(logits.at(0));
      for (let from = 0; from < candidates.size; from += size) filter(candidates.slice(from, size));
      return candidates.remask() === 1;
    });
    expect(inSlices).toEqual(alone);
  }
  bindings.samplerFree(grammar);
});
