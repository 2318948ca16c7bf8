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

/** A value with a type of its own. */
export class GoObject {
  /** For error messages, "api.Message". */
  readonly typeName: string;
  /** Fields by name: reading one that is not there is an error, unlike that of a map. */
  readonly fields: ReadonlyMap<string, GoValue>;
  /** What `range`, `len`, `index` and truth look at; absent = the fields (a struct, always true). */
  readonly items: readonly GoValue[] | ReadonlyMap<string, GoValue> | undefined;
  /** Go's `String()`; absent = printed as Go prints the struct, map or slice. */
  readonly toText: (() => string) | undefined;
  /** What the function `json` prints, already encoded; absent = the fields or items. */
  readonly toJson: (() => string) | undefined;

  /** What the function `toTypeScriptType` prints; absent = "any". */
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
