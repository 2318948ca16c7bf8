import type { Runner } from '../runner/runner.ts';

/** What converts texts for one request. */
export type TextRunner = Pick<Runner, 'facts' | 'tokenize' | 'detokenize'>;

/** Stops waiting for a long text as soon as the request is canceled, so that its lease is returned. */
export function textRunner(runner: TextRunner, signal: AbortSignal): TextRunner {
  return {
    facts: runner.facts,
    tokenize: (text, options) => runner.tokenize(text, options, signal),
    detokenize: (tokens) => runner.detokenize(tokens),
  };
}
