/** Reads keys that terminals send as escape sequences (ECMA-48 and xterm's control sequences). */

const ESCAPE = '\u001b';
/** Longer input is not an escape sequence. */
const MAX_LENGTH = 64;
/** Maximum length of a string that a terminal sends unasked; some terminals send very long ones. */
const MAX_STRING_LENGTH = 4096;

const namesByLetter: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  M: 'enter',
};
const namesByNumber: Readonly<Record<string, string>> = {
  1: 'home',
  3: 'delete',
  4: 'end',
  7: 'home',
  8: 'end',
  200: 'paste-start',
  201: 'paste-end',
};

export interface EscapeSequence {
  /** UTF-16 units. */
  readonly length: number;
  /** Absent for a sequence that has no meaning here. */
  readonly name?: string;
}

/**
 * @param text begins with the escape character
 * @returns undefined while the sequence is incomplete
 */
export function readSequence(text: string): EscapeSequence | undefined {
  const second = text[1];
  if (second === undefined) return undefined;
  if (second === '[') return readControlSequence(text);
  if (second === 'O') return text[2] === undefined ? undefined : named(3, namesByLetter[text[2]]);
  if (/[\]P_^X]/.test(second)) return readString(text);
  if (second === ESCAPE) return { length: 1, name: 'escape' };
  const name = altName(second);
  // A character outside the basic plane takes two units; no such key has a meaning.
  return name === undefined ? { length: (text.codePointAt(1) ?? 0) > 0xffff ? 3 : 2 } : { length: 2, name };
}

/** "ESC [ numbers ; numbers letter" */
function readControlSequence(text: string): EscapeSequence | undefined {
  // The Linux console's function keys.
  if (text[2] === '[') return text[3] === undefined ? undefined : { length: 4 };
  const match = /^\[([0-?]*)[ -/]*([@-~])/.exec(text.slice(1, MAX_LENGTH));
  if (!match) {
    const isOpen = /^\[[0-?]*[ -/]*$/.test(text.slice(1));
    if (isOpen && text.length < MAX_LENGTH) return undefined;
    return { length: (/^\[[0-?]*[ -/]*/.exec(text.slice(1, MAX_LENGTH))?.[0].length ?? 1) + 1 };
  }
  const [whole, parameters = '', letter = ''] = match;
  const [number = '', modifiers = ''] = parameters.split(';');
  const name = letter === '~' ? namesByNumber[number] : namesByLetter[letter];
  return named(whole.length + 1, name && `${modifierPrefix(modifiers)}${name}`);
}

/** Decodes xterm's modifiers: 1, plus 1 for Shift, 2 for Alt and 4 for Ctrl. Shift is ignored. */
function modifierPrefix(modifiers: string): string {
  const bits = Math.max(0, Number.parseInt(modifiers, 10) - 1) || 0;
  return `${bits & 4 ? 'C-' : ''}${bits & 2 ? 'M-' : ''}`;
}

/** Reads a string such as "ESC ] … BEL", with which a terminal reports about itself. */
function readString(text: string): EscapeSequence | undefined {
  const end = text.slice(2).search(/\p{Cc}/u);
  if (end < 0) return text.length < MAX_STRING_LENGTH ? undefined : { length: text.length };
  const last = end + 2;
  if (text[last] === '\u0007') return { length: last + 1 };
  if (text[last] !== ESCAPE) return { length: last };
  if (text[last + 1] === undefined) return undefined;
  return { length: text[last + 1] === '\\' ? last + 2 : last };
}

/** @returns the name of a key combined with Alt; undefined for a key without a name */
export function altName(character: string): string | undefined {
  if (character === '\u007f' || character === '\b') return 'M-backspace';
  if (character === '\r' || character === '\n') return 'M-enter';
  return /^[!-~]$/.test(character) ? `M-${character}` : undefined;
}

function named(length: number, name: string | undefined): EscapeSequence {
  return name ? { length, name } : { length };
}
