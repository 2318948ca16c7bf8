import { compileGrammar } from './grammar.ts';
import type { ChoiceParts, GrammarChoice } from './grammar-choice.ts';
import { MatchedGrammar } from './matched-grammar.ts';
import { NativeGrammar } from './native-grammar.ts';

/**
 * A grammar is read by llama.cpp first, which decides what is valid; our matcher then knows it for later requests.
 * @throws OllamaError `invalid-request` when the grammar does not parse
 */
export function createGrammarChoice(of: ChoiceParts): GrammarChoice {
  const { bindings, tokenizer, matchers } = of.parts;
  const known = matchers?.find(of.grammar);
  if (matchers && known?.automaton) {
    return new MatchedGrammar(of, matchers.matcher(known.automaton), known.hasGreatBounds);
  }
  const sampler = compileGrammar(bindings, tokenizer, of.grammar);
  const added = known ?? matchers?.add(of.grammar);
  if (matchers === undefined || added?.automaton === undefined) return new NativeGrammar(of, sampler);
  bindings.samplerFree(sampler);
  return new MatchedGrammar(of, matchers.matcher(added.automaton), added.hasGreatBounds);
}
