import type { Environment } from '../../config/environment.ts';

/** What a stream supports besides text. */
export interface TerminalTraits {
  readonly isTerminal: boolean;
  /** Whether it supports escapes that move the cursor and erase. */
  readonly canErase: boolean;
  /** The same as `canErase`, unless NO_COLOR is set (https://no-color.org). */
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

/** Approximate width that a table needs. */
const NARROW_COLUMNS = 60;

/** The width of a terminal that is too narrow for tables; undefined for any other stream. */
export function narrowColumns({
  isTTY,
  columns,
}: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>): number | undefined {
  return isTTY === true && columns > 0 && columns < NARROW_COLUMNS ? columns : undefined;
}
