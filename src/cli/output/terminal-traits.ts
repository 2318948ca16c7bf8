import type { Environment } from '../../config/settings.ts';

/** What may be written to a stream besides text. */
export interface TerminalTraits {
  readonly isTerminal: boolean;
  /** It understands escapes that move the cursor and erase. */
  readonly canErase: boolean;
  /** As `canErase`, unless NO_COLOR is set (https://no-color.org). */
  readonly hasColours: boolean;
}

export function terminalTraits(
  { isTTY }: Pick<NodeJS.WriteStream, 'isTTY'>,
  { TERM, NO_COLOR }: Environment,
): TerminalTraits {
  const isTerminal = isTTY === true;
  const canErase = isTerminal && TERM !== 'dumb';
  return { isTerminal, canErase, hasColours: canErase && !NO_COLOR };
}
