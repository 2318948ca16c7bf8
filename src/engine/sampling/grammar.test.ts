import { beforeAll, describe, expect, it } from 'vitest';
import { createSamplerFixture, type SamplerFixture } from '../../../test/fakes/models/sampler-fixture.ts';
import { compileGrammar, grammarProblem } from './grammar.ts';

const groups = (depth: number) => `root ::= ${'('.repeat(depth)}"a"${')'.repeat(depth)}`;
const rules = (count: number) =>
  `root ::= r1\n${Array.from({ length: count - 1 }, (_, index) => `r${index + 1} ::= "a"\n`).join('')}`;

let fixture: SamplerFixture;
beforeAll(async () => {
  fixture = await createSamplerFixture();
});
const compile = (grammar: string) => {
  const { bindings, tokenizer } = fixture.parts;
  bindings.samplerFree(compileGrammar(bindings, tokenizer, grammar));
};

describe('compileGrammar', () => {
  it.each([
    ['', 'the grammar is empty'],
    [groups(501), 'the grammar nests more than 500 groups'],
    ['('.repeat(1_000_000), 'the grammar nests more than 500 groups'],
    [rules(5001), 'the grammar has more than 5000 rules'],
    ['root ::= "a"{5,2}', 'the grammar repeats {5,2}, which has the greater number first'],
    ['root ::= ("a"{ 5 # x\n , 2 })', 'which has the greater number first'],
    ['root ::= "a', 'the grammar does not parse'],
    ['root ::= "a"{999999999}', 'the grammar does not parse'],
    ['root ::= root "a" | "a"', 'the grammar does not parse'],
    ['start ::= "a"', 'with a rule "root"'],
  ])('refuses what would not parse, or end the process (%#)', (grammar, message) => {
    expect(() => compile(grammar)).toThrow(message);
  });

  it('takes what is large but sound', () => {
    compile(groups(500));
    compile(rules(5000));
    compile('root ::= "a"{2,5} # {5,2} in a comment\n');
  });

  it('is not fooled by literals and classes', () => {
    const text = `${'('.repeat(600)} {5,2}`;
    expect(grammarProblem(`root ::= "${text}\\"${text}" [${text}\\]${text}]`)).toBeUndefined();
  });
});

it('looks at each character of a grammar once, whatever does not end', () => {
  const started = performance.now();
  for (const part of ['[', '{', '"', '[\\', '"\\', '#']) {
    expect(grammarProblem(`${part.repeat(250_000)}\\`)).toBeUndefined();
  }
  expect(performance.now() - started).toBeLessThan(5000);
});
