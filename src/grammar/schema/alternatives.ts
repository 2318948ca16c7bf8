/** Resolves `$ref`, `allOf`, `anyOf` and `oneOf`: what remains is a choice between lists of plain schemas. */
import { type Budget, tooComplex } from './budget.ts';
import { distinguish } from './disjoint.ts';
import { requireKnownKeywords } from './keywords.ts';
import type { Patterns } from './patterns.ts';
import { resolveReference } from './references.ts';
import { refusal } from './refusal.ts';
import { has, isObject, type Source, type Subschema, subschemas } from './source.ts';

/** Schemas that a value must satisfy together; their combining keywords are already resolved. */
export type Alternative = readonly Source[];

interface Group {
  readonly branches: readonly Subschema[];
  readonly path: string;
  /** True for `oneOf`. */
  readonly exclusive: boolean;
}

interface Walk {
  /** Paths of the groups whose branches are being expanded. */
  readonly open: Set<string>;
  /** False: branches of `oneOf` may overlap, so the alternatives may allow more values than the schemas do. */
  readonly exact: boolean;
  /** Enclosing schemas, which each branch must satisfy as well. */
  readonly around: readonly Source[];
  /** Whether no schemas other than `around` will be merged with a branch. */
  readonly isComplete: boolean;
}

/** Each level takes several frames of the call stack. */
const MAX_OPEN = 100;

export class Alternatives {
  readonly #root: unknown;
  readonly #budget: Budget;
  readonly #patterns: Patterns;

  constructor(root: unknown, budget: Budget, patterns: Patterns) {
    this.#root = root;
    this.#budget = budget;
    this.#patterns = patterns;
  }

  /**
   * A value that satisfies one of the alternatives satisfies all the schemas. An empty list means that no value does.
   * @throws OllamaError `invalid-request` for unknown keywords, invalid or circular references, and a `oneOf` whose
   * branches may overlap
   */
  of(schemas: readonly Subschema[]): Alternative[] {
    return this.#expand(schemas, { open: new Set(), exact: true, around: [], isComplete: true });
  }

  /** Every value that satisfies all the schemas satisfies one of the alternatives; the reverse need not hold. */
  atMost(schemas: readonly Subschema[]): Alternative[] {
    return this.#expand(schemas, { open: new Set(), exact: false, around: [], isComplete: false });
  }

  #expand(schemas: readonly Subschema[], walk: Walk): Alternative[] {
    const plain = this.#flatten(schemas);
    if (plain === undefined) return [];
    let found: Alternative[] = [plain];
    const groups = plain.flatMap(groupsOf);
    const around = [...walk.around, ...plain];
    const isComplete = walk.isComplete && groups.length === 1;
    for (const group of groups) {
      const branches = this.#branches(group, { ...walk, around, isComplete });
      this.#budget.spend('combinations', found.length * branches.length);
      found = found.flatMap((alternative) => branches.map((branch) => union(alternative, branch)));
    }
    return found;
  }

  /** The schemas that `$ref` and `allOf` combine; undefined when one of them is `false`. */
  #flatten(schemas: readonly Subschema[]): Source[] | undefined {
    const found = new Map<string, Source>();
    const waiting = [...schemas].reverse();
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { schema, path } = next;
      if (schema === true || found.has(path)) continue;
      if (schema === false) return undefined;
      if (!isObject(schema)) throw refusal(path, 'must be a schema: an object, true or false');
      this.#budget.spend('combinations', 1);
      this.#budget.spend('steps', Object.keys(schema).length);
      const source = { schema, path };
      requireKnownKeywords(source);
      found.set(path, source);
      const referred = resolveReference(source, this.#root);
      waiting.push(...subschemas(source, 'allOf').reverse(), ...(referred ? [referred] : []));
    }
    return [...found.values()];
  }

  #branches(group: Group, walk: Walk): Alternative[] {
    if (walk.open.size > MAX_OPEN)
      throw tooComplex(`anyOf and oneOf are nested more than ${MAX_OPEN} levels deep`);
    if (walk.open.has(group.path))
      throw refusal(group.path, 'refers to itself directly; put a property or an item in between');
    walk.open.add(group.path);
    const branches = group.branches.map((branch) => this.#expand([branch], walk));
    walk.open.delete(group.path);
    if (!group.exclusive || !walk.exact) return branches.flat();
    const { around, isComplete } = walk;
    const context = { alternatives: this, budget: this.#budget, patterns: this.#patterns, isComplete };
    const distinct = distinguish(branches, around, context);
    if (distinct !== undefined) return distinct.flat();
    const reason = 'has branches that may overlap';
    throw refusal(
      group.path,
      `${reason}; use anyOf, or give each branch a required property with its own const`,
    );
  }
}

function groupsOf(source: Source): Group[] {
  return ['anyOf', 'oneOf']
    .filter((name) => has(source, name))
    .map((name) => ({
      branches: subschemas(source, name),
      path: `${source.path}/${name}`,
      exclusive: name === 'oneOf',
    }));
}

function union(left: Alternative, right: Alternative): Alternative {
  return [...new Map([...left, ...right].map((source) => [source.path, source])).values()];
}
