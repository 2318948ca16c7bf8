/**
 * Go values as a template sees them:
 *
 * | Go | here |
 * |---|---|
 * | nil | null |
 * | bool, string | boolean, string |
 * | any integer | bigint |
 * | any float | number |
 * | slice | array |
 * | map with string keys | `Map`, ranged in sorted order |
 * | struct, pointer to one, map or slice with methods | `GoObject` |
 */
export type GoValue =
  | null
  | boolean
  | string
  | bigint
  | number
  | readonly GoValue[]
  | ReadonlyMap<string, GoValue>
  | GoObject;

/** A value of a named Go type. */
export class GoObject {
  /** The type in error messages, such as "api.Message". */
  readonly typeName: string;
  /** Fields by name. Unlike with a map, reading a missing field is an error. */
  readonly fields: ReadonlyMap<string, GoValue>;
  /** The content for `range`, `len`, `index` and truth; undefined for a struct, which is always true. */
  readonly items: readonly GoValue[] | ReadonlyMap<string, GoValue> | undefined;
  /** Go's `String()`; if undefined, the value is printed as Go prints the struct, map or slice. */
  readonly toText: (() => string) | undefined;
  /** The encoded output of the function `json`; if undefined, the fields or items are encoded. */
  readonly toJson: (() => string) | undefined;

  /** The output of the function `toTypeScriptType`; if undefined, "any". */
  readonly toTypeScript: (() => string) | undefined;

  constructor(parts: {
    readonly typeName: string;
    readonly fields?: ReadonlyMap<string, GoValue>;
    readonly items?: readonly GoValue[] | ReadonlyMap<string, GoValue>;
    readonly toText?: () => string;
    readonly toJson?: () => string;
    readonly toTypeScript?: () => string;
  }) {
    this.typeName = parts.typeName;
    this.fields = parts.fields ?? new Map();
    this.items = parts.items;
    this.toText = parts.toText;
    this.toJson = parts.toJson;
    this.toTypeScript = parts.toTypeScript;
  }
}
