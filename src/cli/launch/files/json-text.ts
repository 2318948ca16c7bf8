import { isDeepStrictEqual } from 'node:util';
import {
  type JsonList,
  type JsonMap,
  type JsonMember,
  type JsonNode,
  JsonSyntaxError,
  parseJsonText,
  plainValue,
  skipBlank,
} from './json-syntax.ts';

/** Keys of objects and indexes of arrays, from the outside in. */
export type JsonPath = readonly (string | number)[];

const DEFAULT_INDENT = '  ';

/**
 * A JSON text whose values can be changed one by one. Everything else stays as it is, byte for byte: order, comments,
 * spacing, line breaks.
 */
export class JsonText {
  #text: string;
  #root: JsonNode;
  readonly #newline: string;
  readonly #indent: string;

  /** @param empty what an empty text becomes @throws JsonSyntaxError */
  constructor(text: string, empty: '{}' | '[]' = '{}') {
    this.#text = text.trim() === '' ? `${empty}\n` : text;
    this.#root = parseJsonText(this.#text);
    this.#newline = this.#text.includes('\r\n') ? '\r\n' : '\n';
    this.#indent = /^[{[]\s*?\n([ \t]+)/.exec(this.#text.trimStart())?.[1] ?? DEFAULT_INDENT;
  }

  toString(): string {
    return this.#text;
  }

  /** The value at a path; undefined if there is none. */
  get(path: JsonPath): unknown {
    const node = this.#find(path);
    return node && plainValue(node);
  }

  /** The array at a path; empty if there is none. @throws JsonSyntaxError if something else is there */
  list(path: JsonPath): unknown[] {
    const node = this.#find(path);
    if (node === undefined) return [];
    if (node.kind !== 'array') throw wrongKind(path, 'a list');
    return node.items.map(plainValue);
  }

  /**
   * Sets a value; objects on the way to it are created.
   * @throws JsonSyntaxError if something else than an object is on the way
   */
  set(path: JsonPath, value: unknown): this {
    const node = this.#find(path);
    if (node) {
      if (isDeepStrictEqual(plainValue(node), value)) return this;
      return this.#replace(node.start, node.end, this.#format(value, this.#lineIndent(node.start)));
    }
    const parent = path.slice(0, -1);
    const key = path.at(-1);
    const owner = this.#find(parent);
    if (owner === undefined) return this.set(parent, { [String(key)]: value });
    if (owner.kind !== 'object') throw wrongKind(parent, 'an object');
    const label = `${JSON.stringify(String(key))}: `;
    return this.#insert(owner, owner.items.length, (indent) => label + this.#format(value, indent));
  }

  /** Inserts an element into an array; the array is created if it is missing. */
  insert(path: JsonPath, index: number, value: unknown): this {
    const owner = this.#find(path);
    if (owner === undefined) return this.set(path, [value]);
    if (owner.kind !== 'array') throw wrongKind(path, 'a list');
    return this.#insert(owner, index, (indent) => this.#format(value, indent));
  }

  /** Removes a member or an element with its comma; nothing happens if there is none. */
  delete(path: JsonPath): this {
    const owner = this.#find(path.slice(0, -1));
    if (owner === undefined || owner.kind === 'scalar') return this;
    const index = indexIn(owner, path.at(-1));
    const item = owner.items[index];
    if (!item) return this;
    const comma = skipBlank(this.#text, item.end);
    if (this.#text[comma] === ',') return this.#cut(item.start, comma + 1);
    const before = owner.items[index - 1];
    if (!before) return this.#cut(item.start, item.end);
    const gap = skipBlank(this.#text, before.end);
    const between = this.#text.slice(gap + 1, this.#leading(item.start));
    return this.#replace(gap, item.end, between.trimEnd());
  }

  /** Removes a stretch, and its line if nothing else is on it. */
  #cut(start: number, end: number): this {
    const lead = this.#leading(start);
    const rest = /[ \t]*/y;
    rest.lastIndex = end;
    rest.exec(this.#text);
    const isWholeLine =
      /[\r\n]/.test(this.#text.slice(lead, start)) && /[\r\n]/.test(this.#text[rest.lastIndex] ?? '');
    return isWholeLine ? this.#replace(lead, rest.lastIndex, '') : this.#replace(start, rest.lastIndex, '');
  }

  /** Start of the whitespace before an index: at most one line break. */
  #leading(index: number): number {
    return index - (/\r?\n?[ \t]*$/.exec(this.#text.slice(0, index))?.[0].length ?? 0);
  }

  #insert(owner: JsonMap | JsonList, index: number, write: (indent: string) => string): this {
    const before = owner.items[index - 1];
    const after = owner.items[index];
    const isInline = owner.items.length > 0 && !this.#text.slice(owner.start, owner.end).includes('\n');
    if (isInline) {
      if (after) return this.#replace(after.start, after.start, `${compact(write(''))}, `);
      return this.#replace(before?.end ?? 0, before?.end ?? 0, `, ${compact(write(''))}`);
    }
    const own = this.#lineIndent(owner.start);
    const indent = owner.items[0] ? this.#lineIndent(owner.items[0].start) : own + this.#indent;
    const line = `${this.#newline}${indent}${write(indent)}`;
    if (after && !before) return this.#replace(owner.start + 1, owner.start + 1, `${line},`);
    if (!before) return this.#fill(owner, line, own);
    return this.#append(before, line);
  }

  /** Inserts a first item before the closing bracket, behind any comments. */
  #fill({ start, end }: JsonMap | JsonList, line: string, indent: string): this {
    const inner = this.#text.slice(start + 1, end - 1);
    const at = start + 1 + inner.trimEnd().length;
    const close = inner.includes('\n') ? '' : `${this.#newline}${indent}`;
    return this.#replace(at, close === '' ? at : end - 1, line + close);
  }

  /** Inserts an item behind another one, and behind the comment on that one's line. */
  #append(before: JsonMember | JsonNode, line: string): this {
    const comma = skipBlank(this.#text, before.end);
    const hasComma = this.#text[comma] === ',';
    const start = hasComma ? comma + 1 : before.end;
    const remark = /(?:[ \t]+|\/\*[^\n]*?\*\/|\/\/[^\n\r]*)*(?=\r?\n)/y;
    remark.lastIndex = start;
    const kept = remark.exec(this.#text)?.[0] ?? '';
    const end = start + kept.length;
    if (!hasComma) return this.#replace(start, end, `,${kept}${line}`);
    // A trailing comma stays one; otherwise the new item is between two others.
    return this.#replace(start, end, `${kept}${line},`);
  }

  #format(value: unknown, indent: string): string {
    return JSON.stringify(value, null, this.#indent).replaceAll('\n', this.#newline + indent);
  }

  /** The whitespace at the beginning of the line that contains an index. */
  #lineIndent(index: number): string {
    const line = this.#text.slice(this.#text.lastIndexOf('\n', index - 1) + 1, index);
    return /^[ \t]*/.exec(line)?.[0] ?? '';
  }

  #find(path: JsonPath): JsonNode | undefined {
    let node: JsonNode | undefined = this.#root;
    for (const step of path) {
      if (node === undefined || node.kind === 'scalar') return undefined;
      const item: JsonMember | JsonNode | undefined = node.items[indexIn(node, step)];
      node = item && 'key' in item ? item.value : item;
    }
    return node;
  }

  #replace(start: number, end: number, text: string): this {
    this.#text = this.#text.slice(0, start) + text + this.#text.slice(end);
    this.#root = parseJsonText(this.#text);
    return this;
  }
}

/** Of members with the same key, the last one counts, as in `JSON.parse`. */
function indexIn(owner: JsonMap | JsonList, step: string | number | undefined): number {
  if (owner.kind === 'array') return typeof step === 'number' ? step : -1;
  return owner.items.findLastIndex(({ key }) => key === String(step));
}

function compact(text: string): string {
  return text.includes('\n') ? text.replace(/\r?\n\s*/g, ' ') : text;
}

function wrongKind(path: JsonPath, expected: string): JsonSyntaxError {
  return new JsonSyntaxError(
    path.length === 0 ? `must be ${expected}` : `"${path.join('.')}" must be ${expected}`,
  );
}
