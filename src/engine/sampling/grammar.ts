import { OllamaError } from '../../base/errors.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import type { Tokenizer } from '../text/tokenizer.ts';

/** llama.cpp parses nested groups by recursion: a few thousand end the process. */
const MAX_NESTING = 500;
/** It looks for left recursion by recursion over rules: some ten thousand end the process. */
const MAX_RULES = 5000;

/**
 * The parts of GBNF that matter here: comments, literals, character classes, rules, groups, repetitions. A part that
 * does not end runs to the end of the text, so that every character is looked at once.
 */
const grammarPart =
  /#[^\n\r]*|"(?:\\[\s\S]|[^"\\])*(?:"|\\?$)|\[(?:\\[\s\S]|[^\]\\])*(?:\]|\\?$)|::=|[()]|\{(?<repetition>[^}]*)(?:\}|$)/g;
const bounds = /^\s*(?<least>\d+)\s*,\s*(?<most>\d+)\s*$/;

/** @throws OllamaError `invalid-request` when the GBNF does not parse, or its parser would not come back from it */
export function compileGrammar(bindings: Bindings, tokenizer: Tokenizer, grammar: string): Pointer {
  const problem = grammarProblem(grammar);
  if (problem !== undefined) throw new OllamaError('invalid-request', `the grammar ${problem}`);
  const sampler = bindings.grammar(tokenizer.vocabulary, grammar, 'root');
  if (sampler === null) {
    throw new OllamaError('invalid-request', 'the grammar does not parse as GBNF with a rule "root"');
  }
  return sampler;
}

/** What would crash or hang llama.cpp's parser. */
export function grammarProblem(grammar: string): string | undefined {
  let nesting = 0;
  let rules = 0;
  if (grammar.trim() === '') return 'is empty';
  for (const { 0: part, groups } of grammar.matchAll(grammarPart)) {
    if (part === '(') nesting++;
    if (part === ')') nesting--;
    if (part === '::=') rules++;
    if (nesting > MAX_NESTING) return `nests more than ${MAX_NESTING} groups`;
    if (rules > MAX_RULES) return `has more than ${MAX_RULES} rules`;
    const reversed = groups?.repetition !== undefined && isReversed(groups.repetition);
    if (reversed) return `repeats ${part}, which has the greater number first`;
  }
  return undefined;
}

function isReversed(repetition: string): boolean {
  const { least, most } = bounds.exec(repetition.replace(/#[^\n\r]*/g, ''))?.groups ?? {};
  return least !== undefined && most !== undefined && Number(least) > Number(most);
}
