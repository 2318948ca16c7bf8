import type { Environment } from './environment.ts';
import type { ValueWords } from './value-text.ts';
import type { Parser } from './values.ts';

export interface Setting<T> {
  readonly name: string;
  readonly parse: Parser<T>;
  readonly default: (environment: Environment) => T;
  /** One line for the table of `--help`. */
  readonly help: string;
  readonly words: ValueWords;
}

/** @param fallback the default, which may depend on the environment */
export function setting<T>(
  name: string,
  parse: Parser<T>,
  fallback: T | ((environment: Environment) => T),
  help: string,
  words: ValueWords = {},
): Setting<T> {
  const byEnvironment =
    typeof fallback === 'function' ? (fallback as (environment: Environment) => T) : () => fallback;
  return { name, parse, default: byEnvironment, help, words };
}
