import { OllamaError } from '../../base/errors.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import type { Tokenizer } from '../text/tokenizer.ts';

/** @throws OllamaError `invalid-request` when the GBNF does not parse */
export function compileGrammar(bindings: Bindings, tokenizer: Tokenizer, grammar: string): Pointer {
  const sampler = bindings.grammar(tokenizer.vocabulary, grammar, 'root');
  if (sampler === null) throw new OllamaError('invalid-request', 'the grammar does not parse');
  return sampler;
}
