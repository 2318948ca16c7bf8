import { KIB } from '../../base/units.ts';

/** Formats a line of the server's log for people. The log is in pino's format: one JSON object per line. */
const levels: Readonly<Record<number, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};
const LEVEL_WIDTH = 5;
/** Longer lines are cut, because nobody reads them. */
const MAX_LINE_CHARACTERS = 16 * KIB;

/**
 * Formats a line as "2026-01-31T12:00:00.000Z INFO  message field=value". Lines that are not JSON stay as they are.
 * Control codes are made visible.
 */
export function prettyLogLine(line: string): string {
  return visible(described(line)).slice(0, MAX_LINE_CHARACTERS);
}

function described(line: string): string {
  const fields = parse(line);
  if (!fields) return line;
  const { time, level, msg, ...others } = fields;
  if (typeof level !== 'number' || typeof msg !== 'string') return line;
  const name = (levels[level] ?? String(level)).padEnd(LEVEL_WIDTH);
  const rest = Object.entries(others).map(([key, value]) => ` ${key}=${valueText(value)}`);
  return `${typeof time === 'string' ? `${time} ` : ''}${name} ${msg}${rest.join('')}`;
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function valueText(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(value);
}

/** Makes control codes visible: text from other machines in the log must not control the terminal. */
function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => {
    if (character === '\t') return character;
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
