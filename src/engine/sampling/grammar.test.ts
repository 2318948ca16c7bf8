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
    ['root ::= "a"{5,2}', 'the grammar has the repetition {5,2}, whose minimum is greater than its maximum'],
    ['root ::= ("a"{ 5 # x\n , 2 })', 'whose minimum is greater than its maximum'],
    ['root ::= "a', 'the grammar is not valid GBNF'],
    ['root ::= "a"{999999999}', 'the grammar is not valid GBNF'],
    ['root ::= root "a" | "a"', 'the grammar is not valid GBNF'],
    ['start ::= "a"', 'with a rule named "root"'],
  ])('rejects a grammar that would not parse, or would crash the process (%#)', (grammar, message) => {
    expect(() => compile(grammar)).toThrow(message);
  });

  it('accepts large but valid grammars', () => {
    compile(groups(500));
    compile(rules(5000));
    compile('root ::= "a"{2,5} # {5,2} in a comment\n');
  });

  it('is not misled by literals and character classes', () => {
    const text = `${'('.repeat(600)} {5,2}`;
    expect(grammarProblem(`root ::= "${text}\\"${text}" [${text}\\]${text}]`)).toBeUndefined();
  });
});

it('examines each character of a grammar once, whatever is unterminated', () => {
  // Quadratic time would exceed the limit of the test by far.
  for (const part of ['[', '{', '"', '[\\', '"\\', '#']) {
    expect(grammarProblem(`${part.repeat(250_000)}\\`)).toBeUndefined();
  }
});
