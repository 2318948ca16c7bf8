/** The text is not TOML. The message has a line, and never a part of the text, which may contain secrets. */
class TomlTextError extends Error {}

/** A header or an assignment, from its first character to the end of its line. */
interface Statement {
  readonly kind: 'table' | 'pair';
  /** The key, relative to its table. */
  readonly key: readonly string[];
  readonly start: number;
  /** Index after the line break. */
  readonly end: number;
  /** The text of the value; empty for a header. */
  readonly value: string;
}

const blank = /(?:\s+|#[^\n]*)*/y;
const restOfLine = /[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y;
/** Texts in the order in which they must be tried: those of several lines first. */
const texts = [/"""(?:\\[\s\S]|[^\\])*?"{3,5}/y, /'''[\s\S]*?'{3,5}/y, /"(?:\\.|[^"\\\n])*"/y, /'[^'\n]*'/y];
const keyPart = /[ \t]*(?:([A-Za-z0-9_-]+)|"((?:\\.|[^"\\\n])*)"|'([^'\n]*)')[ \t]*/y;
const nesting: Readonly<Record<string, number>> = { '[': 1, '{': 1, ']': -1, '}': -1 };

/**
 * A TOML text (https://toml.io) from which tables and assignments can be removed. Everything else stays, byte for byte. It
 * knows where values begin and end, and does not interpret them.
 */
export class TomlText {
  #text: string;

  /** @throws TomlTextError */
  constructor(text: string) {
    this.#text = text;
    statementsOf(text);
  }

  toString(): string {
    return this.#text;
  }

  /** Removes a table with its assignments, and leaves the comments before the next one. */
  removeTable(...key: readonly string[]): this {
    const statements = statementsOf(this.#text);
    const first = statements.findIndex((each) => each.kind === 'table' && isSame(each.key, key));
    if (first < 0) return this;
    const next = statements.findIndex(({ kind }, index) => index > first && kind === 'table');
    const last = statements[next < 0 ? statements.length - 1 : next - 1];
    return this.#cut(statements[first]?.start ?? 0, last?.end ?? 0);
  }

  /** Removes an assignment outside of tables if it has the value. */
  removeRootText(key: string, value: string): this {
    for (const statement of statementsOf(this.#text)) {
      if (statement.kind === 'table') return this;
      const isValue = [`"${value}"`, `'${value}'`].includes(statement.value);
      if (isValue && isSame(statement.key, [key])) return this.#cut(statement.start, statement.end);
    }
    return this;
  }

  #cut(start: number, end: number): this {
    this.#text = this.#text.slice(0, start) + this.#text.slice(end);
    return this;
  }
}

/** @throws TomlTextError */
function statementsOf(text: string): Statement[] {
  const statements: Statement[] = [];
  for (let start = after(blank, text, 0); start < text.length; ) {
    const isTable = text[start] === '[';
    const { key, end } = isTable ? readHeader(text, start) : readKey(text, start);
    const from = isTable ? end : after(/=[ \t]*/y, text, end);
    if (!isTable && from === end) throw failure(text, end, 'an equals sign is missing');
    const to = isTable ? end : readValue(text, from);
    const lineEnd = after(restOfLine, text, to);
    if (lineEnd === to && to < text.length) throw failure(text, to, 'there is more text on the line');
    const kind = isTable ? 'table' : 'pair';
    statements.push({ kind, key, start, end: lineEnd, value: text.slice(from, to).trimEnd() });
    start = after(blank, text, lineEnd);
  }
  return statements;
}

function readHeader(text: string, start: number): { key: string[]; end: number } {
  const brackets = text.startsWith('[[', start) ? ']]' : ']';
  const { key, end } = readKey(text, start + brackets.length);
  if (!text.startsWith(brackets, end)) throw failure(text, end, `"${brackets}" is missing`);
  return { key, end: end + brackets.length };
}

function readKey(text: string, start: number): { key: string[]; end: number } {
  const key: string[] = [];
  for (let at = start; ; at++) {
    keyPart.lastIndex = at;
    const [whole, bare, basic, literal] = keyPart.exec(text) ?? [];
    if (whole === undefined) throw failure(text, at, 'a key is missing');
    key.push(bare ?? basic ?? literal ?? '');
    at += whole.length;
    if (text[at] !== '.') return { key, end: at };
  }
}

/** @returns the index after a value, which may have several lines */
function readValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at = skipPiece(text, at)) {
    if (depth === 0 && /[\s#]/.test(text.charAt(at))) return at;
    depth += nesting[text.charAt(at)] ?? 0;
  }
  if (depth > 0) throw failure(text, start, 'a list or table does not end');
  return text.length;
}

/** @returns the index after a text, a comment, or any other character */
function skipPiece(text: string, at: number): number {
  const character = text[at];
  if (character === '#') return after(/#[^\n]*/y, text, at);
  if (character !== '"' && character !== "'") return at + 1;
  const end = texts.map((pattern) => after(pattern, text, at)).find((index) => index > at);
  if (end === undefined) throw failure(text, at, 'a text does not end');
  return end;
}

/** The index after a pattern; the same index if it does not match there. */
function after(pattern: RegExp, text: string, index: number): number {
  pattern.lastIndex = index;
  return index + (pattern.exec(text)?.[0].length ?? 0);
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((part, index) => part === right[index]);
}

function failure(text: string, index: number, problem: string): TomlTextError {
  return new TomlTextError(`line ${text.slice(0, index).split('\n').length}: ${problem}`);
}
