import { isDeepStrictEqual } from 'node:util';
import { type Document, isMap, isSeq, parseAllDocuments } from 'yaml';

/** Keys of mappings, from the outside in. */
export type YamlPath = readonly string[];

/** The text cannot be edited. The message has a line, and never a part of the text, which may contain secrets. */
class YamlTextError extends Error {}

/**
 * A YAML text whose values can be changed one by one. Order, comments, quotes and anchors stay; spacing may change. A text
 * without changes stays as it is.
 */
export class YamlText {
  readonly #text: string;
  readonly #document: Document;
  #hasChanged = false;

  /** @throws YamlTextError unless it is one document with a mapping */
  constructor(text: string) {
    this.#text = text;
    const documents = parseAllDocuments(text, { prettyErrors: true });
    // An empty text has no document.
    const [document = parseAllDocuments('{}')[0]] = 'empty' in documents ? [] : documents;
    if (!document || documents.length > 1) throw new YamlTextError('must be one document');
    const [error] = document.errors;
    if (error) throw new YamlTextError(`line ${error.linePos?.[0].line ?? 1}: not YAML (${error.code})`);
    this.#document = document as Document;
    if (document.contents === null || 'empty' in documents) {
      this.#document.contents = this.#document.createNode({});
      this.#hasChanged = true;
    }
    if (!isMap(this.#document.contents)) throw new YamlTextError('must be a mapping');
  }

  toString(): string {
    // Lines that were not folded must not be folded now.
    return this.#hasChanged ? this.#document.toString({ lineWidth: 0 }) : this.#text;
  }

  /** The plain value at a path; undefined if there is none. @throws YamlTextError for aliases without an anchor */
  get(path: YamlPath): unknown {
    try {
      let value: unknown = this.#document.toJS();
      for (const key of path) {
        if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
        value = (value as Record<string, unknown>)[key];
      }
      return value;
    } catch {
      throw new YamlTextError('has aliases that cannot be resolved');
    }
  }

  /** Sets a value; mappings on the way to it are created. @throws YamlTextError if something else is on the way */
  set(path: YamlPath, value: unknown): this {
    if (isDeepStrictEqual(this.get(path), value)) return this;
    for (let length = 1; length < path.length; length++) {
      const parent = path.slice(0, length);
      const node = this.#document.getIn(parent, true);
      if (isMap(node)) continue;
      if (isSeq(node) || (this.get(parent) ?? null) !== null) {
        throw new YamlTextError(`"${parent.join('.')}" must be a mapping`);
      }
      this.#document.setIn(parent, this.#document.createNode({}));
    }
    // A plain value replaces the text of the present one, and its comment stays.
    const isPlain = typeof value !== 'object' || value === null;
    this.#document.setIn(path, isPlain ? value : this.#document.createNode(value));
    this.#hasChanged = true;
    return this;
  }

  delete(path: YamlPath): this {
    if (this.get(path) === undefined) return this;
    this.#document.deleteIn(path);
    this.#hasChanged = true;
    return this;
  }
}
