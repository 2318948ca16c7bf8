/** The right-hand side of a grammar rule. */
import type { CharacterSet } from '../automaton/character-set.ts';

export type Expression =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'characters'; readonly set: CharacterSet }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Expression[] }
  | { readonly kind: 'choice'; readonly options: readonly Expression[] }
  /** `maximum` may be Infinity; `part` is a rule or one set of characters. */
  | {
      readonly kind: 'repeat';
      readonly part: Expression;
      readonly minimum: number;
      readonly maximum: number;
    };

/** Matches nothing, not even the empty text. */
export const never: Expression = { kind: 'choice', options: [] };
/** Matches only the empty text. */
export const empty: Expression = { kind: 'sequence', parts: [] };

export function isNever(expression: Expression): boolean {
  return expression.kind === 'choice' && expression.options.length === 0;
}

export function isEmpty(expression: Expression): boolean {
  return expression.kind === 'sequence' && expression.parts.length === 0;
}

function text(content: string): Expression {
  return content === '' ? empty : { kind: 'text', text: content };
}

export function rule(name: string): Expression {
  return { kind: 'rule', name };
}

export function characters(set: CharacterSet): Expression {
  return set.length === 0 ? never : { kind: 'characters', set };
}

/** Joins parts, each an expression or plain text. Returns `never` if a part is `never`. */
export function sequence(...given: readonly (Expression | string)[]): Expression {
  const parts = given.flatMap((item) => {
    const part = typeof item === 'string' ? text(item) : item;
    return part.kind === 'sequence' ? part.parts : [part];
  });
  if (parts.some(isNever)) return never;
  const joined = joinTexts(parts);
  return joined.length === 1 && joined[0] ? joined[0] : { kind: 'sequence', parts: joined };
}

function joinTexts(parts: readonly Expression[]): Expression[] {
  const joined: Expression[] = [];
  for (const part of parts) {
    const previous = joined.at(-1);
    if (previous?.kind === 'text' && part.kind === 'text')
      joined[joined.length - 1] = text(previous.text + part.text);
    else joined.push(part);
  }
  return joined;
}

/**
 * Factors out the common beginnings of options, so that a parser follows one path instead of one per option: its cost
 * grows with the number of paths it follows at once.
 */
export function choice(options: readonly Expression[]): Expression {
  const flat = options.flatMap((option) => (option.kind === 'choice' ? option.options : [option]));
  const groups = new Map<string, Expression[]>();
  for (const option of flat) {
    const key = startKey(option);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [option]);
    else group.push(option);
  }
  const merged = [...groups.values()].map(shareStart);
  return merged.length === 1 && merged[0] ? merged[0] : { kind: 'choice', options: merged };
}

/** Two options have equal keys if they begin with the same character or with the same part. */
function startKey(option: Expression): string {
  const first = firstPart(option);
  if (first?.kind !== 'text') return JSON.stringify(first ?? empty);
  return `text ${String.fromCodePoint(first.text.codePointAt(0) ?? 0)}`;
}

function shareStart(group: readonly Expression[]): Expression {
  const [one] = group;
  const first = one === undefined ? undefined : firstPart(one);
  if (one === undefined || group.length === 1 || first === undefined) return one ?? empty;
  if (first.kind !== 'text') return sequence(first, choice(group.map(withoutFirst)));
  let shared = first.text;
  for (const option of group) shared = commonStart(shared, leadingText(option));
  return sequence(shared, choice(group.map((option) => withoutText(option, shared))));
}

function firstPart(option: Expression): Expression | undefined {
  return option.kind === 'sequence' ? option.parts[0] : option;
}

function leadingText(option: Expression): string {
  const first = firstPart(option);
  return first?.kind === 'text' ? first.text : '';
}

/** The common beginning of two texts, never cut inside a surrogate pair. */
function commonStart(left: string, right: string): string {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length++;
  const isHalf = /[\ud800-\udbff]/.test(left[length - 1] ?? '');
  return left.slice(0, isHalf ? length - 1 : length);
}

function withoutFirst(option: Expression): Expression {
  return option.kind === 'sequence' ? sequence(...option.parts.slice(1)) : empty;
}

function withoutText(option: Expression, start: string): Expression {
  return sequence(leadingText(option).slice(start.length), withoutFirst(option));
}
