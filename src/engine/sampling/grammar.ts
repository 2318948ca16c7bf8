import { OllamaError } from '../../base/errors.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import type { Tokenizer } from '../text/tokenizer.ts';

/** llama.cpp parses nested groups by recursion; a few thousand crash the process. */
const MAX_NESTING = 500;
/** llama.cpp searches for left recursion by recursion over rules; about ten thousand crash the process. */
const MAX_RULES = 5000;

/**
 * The parts of GBNF that matter here: comments, literals, character classes, rules, groups, repetitions. An
 * unterminated part extends to the end of the text, so that every character is examined once.
 */
const grammarPart =
  /#[^\n\r]*|"(?:\\[\s\S]|[^"\\])*(?:"|\\?$)|\[(?:\\[\s\S]|[^\]\\])*(?:\]|\\?$)|::=|[()]|\{(?<repetition>[^}]*)(?:\}|$)/g;
const bounds = /^\s*(?<least>\d+)\s*,\s*(?<most>\d+)\s*$/;

/** @throws OllamaError `invalid-request` when the GBNF does not parse, or would crash or hang its parser */
export function compileGrammar(bindings: Bindings, tokenizer: Tokenizer, grammar: string): Pointer {
  const problem = grammarProblem(grammar);
  if (problem !== undefined) throw new OllamaError('invalid-request', `the grammar ${problem}`);
  const sampler = bindings.grammar(tokenizer.vocabulary, grammar, 'root');
  if (sampler === null) {
    throw new OllamaError('invalid-request', 'the grammar is not valid GBNF with a rule named "root"');
  }
  return sampler;
}

/** Describes what would crash or hang llama.cpp's parser; undefined when there is nothing. */
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
    if (reversed) return `has the repetition ${part}, whose minimum is greater than its maximum`;
  }
  return undefined;
}

function isReversed(repetition: string): boolean {
  const { least, most } = bounds.exec(repetition.replace(/#[^\n\r]*/g, ''))?.groups ?? {};
  return least !== undefined && most !== undefined && Number(least) > Number(most);
}
