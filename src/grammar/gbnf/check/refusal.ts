import { OllamaError } from '../../../base/errors.ts';

/**
 * @param ruleName the rule at fault, if it is known
 * @param problem what is wrong, after "the grammar" or "rule NAME", and what to do
 */
export function refuseGrammar(ruleName: string | undefined, problem: string): OllamaError {
  const subject = ruleName === undefined ? 'the grammar' : `rule "${ruleName.slice(0, MAX_NAME_LENGTH)}"`;
  return new OllamaError('invalid-request', `options.grammar: ${subject} ${problem}`);
}

/** Characters of a rule's name that an error quotes. */
const MAX_NAME_LENGTH = 60;
