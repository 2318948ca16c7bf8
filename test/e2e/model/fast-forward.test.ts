import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { compileSchema } from '../../../src/grammar/schema/schema-grammar.ts';
import type { CompletionEvent, CompletionRequest } from '../../../src/protocol/completion.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { startEngine } from '../support/engine-runner.ts';
import { plainSampling } from '../support/plain-sampling.ts';

const CONTEXT_LENGTH = 256;
const sentence = 'Whatever the model would choose, these words come next, and nothing else may.';
/** Long names, which leave no choice, and short values, which do. */
const weather = String.raw`root ::= "{\"temperature_in_degrees\": " number ", \"probability_of_rain_in_percent\": " number ", \"direction_of_the_wind\": \"" ("north" | "south") "\"}"
number ::= [1-9] [0-9]?`;

let runner: Runner;

beforeAll(async () => {
  runner = await startEngine({
    modelPath: inject('smolModelPath'),
    contextLength: CONTEXT_LENGTH,
    slots: 3,
    batchSize: 128,
  });
});

afterAll(() => runner.stop());

async function complete(
  grammar: string,
  overrides: Partial<CompletionRequest> = {},
  question = 'The weather: ',
) {
  const request: CompletionRequest = {
    prompt: await runner.tokenize(question, { addSpecial: true, parseSpecial: true }),
    sampling: plainSampling,
    stop: [],
    maxTokens: 100,
    keep: 4,
    shift: true,
    grammar,
    fastForward: true,
    ...overrides,
  };
  const events: CompletionEvent[] = [];
  for await (const event of runner.complete(request)) events.push(event);
  const done = events.at(-1);
  if (done?.type !== 'done') throw new Error('the last event is not "done"');
  const texts = events.flatMap((event) => (event.type === 'text' ? [event] : []));
  const text = texts.map((event) => event.text).join('');
  return { text, logprobs: texts.flatMap(({ logprobs = [] }) => logprobs), ...done };
}

const countCertain = (logprobs: Awaited<ReturnType<typeof complete>>['logprobs']) =>
  logprobs.filter(({ logprob, topLogprobs }) => logprob === 0 && topLogprobs.length === 0).length;

describe('fast_forward', () => {
  it('writes what the grammar leaves no choice about without sampling it', async () => {
    const { text, logprobs, reason, tokens } = await complete(weather, { topLogprobs: 2 });
    expect(JSON.parse(text)).toMatchObject({
      direction_of_the_wind: expect.stringMatching(/^(north|south)$/),
    });
    expect(reason).toBe('stop');
    expect(logprobs).toHaveLength(tokens.length);
    expect(logprobs.map(({ token }) => token).join('')).toBe(text);
    expect(countCertain(logprobs)).toBeGreaterThan(10);
    expect(countCertain(logprobs)).toBeLessThan(tokens.length);
  });

  it('samples every token without it', async () => {
    const { logprobs } = await complete(weather, { topLogprobs: 2, fastForward: false });
    expect(countCertain(logprobs)).toBe(0);
  });

  it('gives the same text where no value depends on how the names were cut', async () => {
    const grammar = `root ::= ${JSON.stringify(sentence)}`;
    const quick = await complete(grammar);
    const sampled = await complete(grammar, { fastForward: false });
    expect(quick.text).toBe(sentence);
    expect(sampled.text).toBe(sentence);
    expect(quick.reason).toBe('stop');
  });

  it('counts the tokens, and ends at the limit inside of a forced text', async () => {
    const grammar = `root ::= ${JSON.stringify(sentence)}`;
    for (const maxTokens of [1, 2, 5]) {
      const { tokens, reason, timings, text } = await complete(grammar, { maxTokens });
      expect(tokens).toHaveLength(maxTokens);
      expect(timings.completionTokens).toBe(maxTokens);
      expect(reason).toBe('length');
      expect(sentence.startsWith(text)).toBe(true);
    }
  });

  it('ends at a stop string inside of a forced text', async () => {
    const grammar = `root ::= ${JSON.stringify(sentence)}`;
    const { text, reason } = await complete(grammar, { stop: [' come next'] });
    expect(text).toBe('Whatever the model would choose, these words');
    expect(reason).toBe('stop');
  });

  it('ends when the context is full', async () => {
    const grammar = `root ::= (${JSON.stringify(sentence)} [ab])+`;
    const { text, reason, tokens, timings } = await complete(grammar, { maxTokens: 1000, shift: false });
    expect(reason).toBe('length');
    expect(tokens.length + timings.promptTokens).toBeGreaterThan(CONTEXT_LENGTH - 20);
    expect(tokens.length + timings.promptTokens).toBeLessThanOrEqual(CONTEXT_LENGTH + 1);
    expect(text.startsWith(sentence)).toBe(true);
  });

  it('continues past a full context', async () => {
    const grammar = `root ::= (${JSON.stringify(sentence)} [ab])+`;
    const { tokens } = await complete(grammar, { maxTokens: 2 * CONTEXT_LENGTH });
    expect(tokens).toHaveLength(2 * CONTEXT_LENGTH);
  });

  it('samples every token beside banned strings', async () => {
    const { logprobs } = await complete(weather, { topLogprobs: 2, bannedStrings: ['12'] });
    expect(countCertain(logprobs)).toBe(0);
  });

  it('gives the same answer in a crowd under "deterministic"', async () => {
    const ask = () => complete(weather, { deterministic: true });
    const alone = await ask();
    const [first, second] = await Promise.all([
      ask(),
      ask(),
      complete('root ::= [a-z ]+', { maxTokens: 40 }, 'Once upon a time'),
    ]);
    expect(first?.tokens).toEqual(alone.tokens);
    expect(second?.tokens).toEqual(alone.tokens);
  });

  it('follows the grammar of a JSON schema', async () => {
    const schema = {
      type: 'object',
      properties: { isCheapAndAvailable: { type: 'boolean' }, isForChildren: { type: 'boolean' } },
      required: ['isCheapAndAvailable', 'isForChildren'],
      additionalProperties: false,
    };
    const { text } = await complete(compileSchema(schema).grammar);
    expect(Object.keys(JSON.parse(text))).toEqual(['isCheapAndAvailable', 'isForChildren']);
  });
});
