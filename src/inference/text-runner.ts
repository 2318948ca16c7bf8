import type { Runner } from '../runner/runner.ts';
import { cacheSaltOf } from './cache-salt.ts';
import type { Caller } from './caller.ts';

/** What converts texts for one request. */
export type TextRunner = Pick<Runner, 'facts' | 'tokenize' | 'detokenize'>;

/** For whom texts are converted. */
interface TextOwner {
  readonly signal: AbortSignal;
  /** What is remembered of its texts is used for texts with the same salt only. */
  readonly salt?: string | undefined;
}

/** Stops waiting for a long text as soon as the request is canceled, so that its lease is returned. */
export function textRunner(runner: TextRunner, { signal, salt }: TextOwner): TextRunner {
  return {
    facts: runner.facts,
    tokenize: (text, options) => runner.tokenize(text, { ...options, salt }, signal),
    detokenize: (tokens) => runner.detokenize(tokens),
  };
}

/** The owner of the texts of a request without a salt of its own. */
export function textOwner(caller: Caller): TextOwner {
  return { signal: caller.signal, salt: cacheSaltOf(caller) };
}
