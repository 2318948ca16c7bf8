/**
 * Reads the bytes of tokens as characters in the way of llama.cpp's grammars, which is more lenient than UTF-8: bytes that
 * continue a character are not checked within a token, only at its start.
 */
import type { Automaton, State } from './automaton.ts';

/** A text so far: the state after its whole characters, and the unfinished one at its end. */
export interface Position {
  readonly state: State;
  /** What the bytes of the unfinished character have contributed. */
  readonly value: number;
  /** Number of bytes that it lacks; 0 = the text ends with a whole character. */
  readonly remaining: number;
}

/** A position while the bytes of a token are read. */
export interface Reading extends Position {
  /** Whether a byte must continue the character that an earlier token began. */
  readonly isContinuing: boolean;
  /** Whether a character was finished in this token. */
  readonly hasCharacter: boolean;
}

export function beginToken({ state, value, remaining }: Position): Reading {
  return { state, value, remaining, isContinuing: remaining > 0, hasCharacter: false };
}

/** @returns undefined when no text goes on like this */
export function readByte(automaton: Automaton, reading: Reading, byte: number): Reading | undefined {
  if (reading.remaining === 0) return beginCharacter(automaton, reading, byte);
  if (reading.isContinuing && byte >> 6 !== 2) return undefined;
  const value = reading.value * 64 + (byte & 0x3f);
  const remaining = reading.remaining - 1;
  if (remaining > 0) return { ...reading, value, remaining };
  return finishCharacter(automaton, reading, value);
}

/** Whether a token may end here. */
export function mayEnd(automaton: Automaton, { state, value, remaining }: Position): boolean {
  return remaining === 0 || automaton.acceptsUnfinished(state, value, remaining);
}

/** The position after the token. A text that ended before it, ends no more when it only begins a character. */
export function endToken(automaton: Automaton, reading: Reading): Position {
  const { state, value, remaining, hasCharacter } = reading;
  return { state: hasCharacter ? state : automaton.withoutEnd(state), value, remaining };
}

function beginCharacter(automaton: Automaton, reading: Reading, byte: number): Reading | undefined {
  if (byte < 0x80) return finishCharacter(automaton, reading, byte);
  if (byte < 0xc0) return undefined;
  const remaining = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  return { ...reading, value: byte & (2 ** (7 - remaining) - 1), remaining };
}

function finishCharacter(automaton: Automaton, reading: Reading, codePoint: number): Reading | undefined {
  // llama.cpp takes the code point 0, in an overlong spelling, for the end of the token; no token contains it.
  const state = codePoint === 0 ? null : automaton.next(reading.state, codePoint);
  if (state === null) return undefined;
  return { state, value: 0, remaining: 0, isContinuing: false, hasCharacter: true };
}
