import { choice, type Expression, empty, isNever, never, rule, sequence } from './expression.ts';

/**
 * Removes alternatives that can never end, such as a recursion without an exit: a model that entered one could not
 * complete its answer.
 * @returns the rules that are still used, the start first; an empty map when nothing can match
 */
export function prune(rules: ReadonlyMap<string, Expression>, start: string): Map<string, Expression> {
  const endless = endlessRules(used(rules, start, (body) => body));
  return endless.has(start) ? new Map() : used(rules, start, (body) => without(body, endless));
}

/** The rules that a start needs, each changed. */
function used(
  rules: ReadonlyMap<string, Expression>,
  start: string,
  change: (body: Expression) => Expression,
): Map<string, Expression> {
  const found = new Map<string, Expression>();
  const waiting = [start];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    const body = change(rules.get(name) ?? never);
    found.set(name, body);
    waiting.push(...mentions(body));
  }
  return found;
}

/** Names of the rules whose matches can never end. */
function endlessRules(rules: ReadonlyMap<string, Expression>): Set<string> {
  const users = new Map<string, string[]>();
  for (const [name, body] of rules) {
    for (const mentioned of mentions(body)) {
      const known = users.get(mentioned);
      if (known) known.push(name);
      else users.set(mentioned, [name]);
    }
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
