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

/** Tables in columns need about as much. */
const NARROW_COLUMNS = 60;

/** The columns of a terminal that is too narrow for tables; undefined for any other stream. */
export function narrowColumns({
  isTTY,
  columns,
}: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>): number | undefined {
  return isTTY === true && columns > 0 && columns < NARROW_COLUMNS ? columns : undefined;
}
