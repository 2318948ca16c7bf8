import type { Expression, Statement, Target } from '../ast.ts';
import { forEachName, forEachTarget } from './names.ts';
import type { Scope } from './scope.ts';

/** Finds the variables that statements read and set in their own scope, without those of the scopes inside them. */
export function analyze(scope: Scope, statements: readonly Statement[], isCertain = true): void {
  for (const statement of statements) analyzeStatement(scope, statement, isCertain);
}

export function load(scope: Scope, node: Expression | undefined): void {
  forEachName(node, (name) => scope.load(name));
}

/** Declares the names of a target as parameters. */
export function declare(scope: Scope, target: Target): void {
  forEachTarget(
    target,
    (name) => scope.declare(name),
    (name) => scope.load(name),
  );
}

function store(scope: Scope, target: Target, isCertain: boolean): void {
  forEachTarget(
    target,
    (name) => scope.store(name, isCertain),
    (name) => scope.load(name),
  );
}

function analyzeStatement(scope: Scope, statement: Statement, isCertain: boolean): void {
  switch (statement.kind) {
    case 'output':
      for (const part of statement.parts) if (typeof part !== 'string') load(scope, part);
      break;
    case 'if':
      for (const { condition, body } of statement.branches) {
        load(scope, condition);
        analyze(scope, body, false);
      }
      analyze(scope, statement.otherwise, false);
      break;
    case 'for':
      load(scope, statement.iterable);
      break;
    case 'set':
      load(scope, statement.value);
      store(scope, statement.target, isCertain);
      break;
    case 'set-block':
      store(scope, statement.target, isCertain);
      break;
    case 'with':
      for (const [, value] of statement.assignments) load(scope, value);
      break;
    case 'macro':
      scope.store(statement.name, isCertain);
      break;
    case 'call-block':
      load(scope, statement.call);
      break;
    case 'filter-block':
      load(scope, statement.filter);
      break;
    case 'do':
      load(scope, statement.value);
      break;
    default:
      break;
  }
}
