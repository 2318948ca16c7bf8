import type { ArgumentNodes, Expression, Statement, Target } from '../ast.ts';

/** Calls a function for each expression inside another one. */
function forEachPart(node: Expression, visit: (part: Expression | undefined) => void): void {
  switch (node.kind) {
    case 'list':
    case 'tuple':
      node.items.forEach(visit);
      break;
    case 'mapping':
      for (const pair of node.pairs) pair.forEach(visit);
      break;
    case 'attribute':
      visit(node.object);
      break;
    case 'item':
      visit(node.object);
      visit(node.key);
      break;
    case 'slice':
      for (const part of [node.object, node.start, node.stop, node.step]) visit(part);
      break;
    case 'conditional':
      for (const part of [node.condition, node.then, node.otherwise]) visit(part);
      break;
    case 'and':
    case 'or':
      node.operands.forEach(visit);
      break;
    case 'not':
    case 'sign':
      visit(node.operand);
      break;
    case 'joined':
      node.parts.forEach(visit);
      break;
    case 'chain':
    case 'comparison':
      visit(node.first);
      for (const { operand } of node.rest) visit(operand);
      break;
    case 'call':
      visit(node.callee);
      forEachArgument(node.passed, visit);
      break;
    case 'filter':
    case 'test':
      visit(node.input);
      forEachArgument(node.passed, visit);
      break;
    default:
      break;
  }
}

function forEachArgument(passed: ArgumentNodes, visit: (part: Expression | undefined) => void): void {
  passed.positional.forEach(visit);
  for (const [, value] of passed.named) visit(value);
  visit(passed.list);
  visit(passed.mapping);
}

/** Calls a function for each name that an expression reads. */
export function forEachName(node: Expression | undefined, use: (name: string) => void): void {
  if (!node) return;
  if (node.kind === 'name') use(node.name);
  else forEachPart(node, (part) => forEachName(part, use));
}

/** Calls a function for each name that an assignment sets, and another for each namespace that it changes. */
export function forEachTarget(
  target: Target,
  set: (name: string) => void,
  change: (name: string) => void,
): void {
  if (target.kind === 'name') set(target.name);
  else if (target.kind === 'member') change(target.name);
  else for (const item of target.items) forEachTarget(item, set, change);
}

/** Whether the statements, with everything inside them, read a name. */
export function mentions(statements: readonly Statement[], name: string): boolean {
  return statements.some((statement) => {
    const bodies = bodiesOf(statement);
    return (
      expressionsOf(statement).some((node) => reads(node, name)) ||
      bodies.some((body) => mentions(body, name))
    );
  });
}

function reads(node: Expression, name: string): boolean {
  let found = false;
  forEachName(node, (read) => {
    found ||= read === name;
  });
  return found;
}

/** The expressions of a statement itself. */
function expressionsOf(statement: Statement): Expression[] {
  switch (statement.kind) {
    case 'output':
      return statement.parts.filter((part) => typeof part !== 'string');
    case 'if':
      return statement.branches.map(({ condition }) => condition);
    case 'for':
      return statement.condition ? [statement.iterable, statement.condition] : [statement.iterable];
    case 'set':
    case 'do':
      return [statement.value];
    case 'set-block':
      return statement.filter ? [statement.filter] : [];
    case 'filter-block':
      return [statement.filter];
    case 'with':
      return statement.assignments.map(([, value]) => value);
    case 'macro':
      return statement.parameters.flatMap(({ standard }) => standard ?? []);
    case 'call-block':
      return [
        ...(statement.call ? [statement.call] : []),
        ...statement.parameters.flatMap(({ standard }) => standard ?? []),
      ];
    default:
      return [];
  }
}

/** The statements inside a statement. */
function bodiesOf(statement: Statement): (readonly Statement[])[] {
  if (statement.kind === 'if') return [...statement.branches.map(({ body }) => body), statement.otherwise];
  if (statement.kind === 'for') return [statement.body, statement.otherwise];
  return 'body' in statement ? [statement.body] : [];
}
