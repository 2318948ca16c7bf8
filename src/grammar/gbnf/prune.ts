import { choice, type Expression, empty, isNever, never, rule, sequence } from './expression.ts';

/**
 * Removes alternatives that can never end, such as a recursion without an exit: a model that entered one could not
 * complete its answer.
 * @returns the rules that are still used, the start first; an empty map when nothing can match
 */
export function prune(rules: ReadonlyMap<string, Expression>, start: string): Map<string, Expression> {
  const endless = endlessRules(rules);
  const kept = new Map<string, Expression>();
  if (endless.has(start)) return kept;
  const waiting = [start];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (kept.has(name)) continue;
    const body = without(rules.get(name) ?? never, endless);
    kept.set(name, body);
    waiting.push(...mentions(body));
  }
  return kept;
}

/** Names of the rules whose matches can never end. */
function endlessRules(rules: ReadonlyMap<string, Expression>): Set<string> {
  const users = new Map<string, string[]>();
  for (const [name, body] of rules) {
    for (const used of mentions(body)) users.set(used, [...(users.get(used) ?? []), name]);
  }
  const endless = new Set(rules.keys());
  const waiting = [...endless];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const body = rules.get(name);
    if (body === undefined || !endless.has(name) || !canEnd(body, endless)) continue;
    endless.delete(name);
    waiting.push(...(users.get(name) ?? []));
  }
  return endless;
}

function canEnd(expression: Expression, endless: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case 'text':
    case 'characters':
      return true;
    case 'rule':
      return !endless.has(expression.name);
    case 'sequence':
      return expression.parts.every((part) => canEnd(part, endless));
    case 'choice':
      return expression.options.some((option) => canEnd(option, endless));
    case 'repeat':
      return expression.minimum === 0 || canEnd(expression.part, endless);
  }
}

function without(expression: Expression, endless: ReadonlySet<string>): Expression {
  switch (expression.kind) {
    case 'text':
    case 'characters':
      return expression;
    case 'rule':
      return endless.has(expression.name) ? never : rule(expression.name);
    case 'sequence':
      return sequence(...expression.parts.map((part) => without(part, endless)));
    case 'choice':
      return choice(expression.options.map((option) => without(option, endless)));
    case 'repeat': {
      const part = without(expression.part, endless);
      return isNever(part) ? empty : { ...expression, part };
    }
  }
}

/** Names of the rules that an expression uses. */
function mentions(expression: Expression): string[] {
  switch (expression.kind) {
    case 'text':
    case 'characters':
      return [];
    case 'rule':
      return [expression.name];
    case 'sequence':
      return expression.parts.flatMap(mentions);
    case 'choice':
      return expression.options.flatMap(mentions);
    case 'repeat':
      return mentions(expression.part);
  }
}
