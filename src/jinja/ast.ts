/** The syntax tree of a Jinja template, with the constructs of jinja2 (https://jinja.palletsprojects.com/en/stable/templates/). */
import type { Value } from './values/value.ts';

/** The arguments of a call, filter or test. */
export interface ArgumentNodes {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [name: string, value: Expression])[];
  /** The list after `*`. */
  readonly list?: Expression;
  /** The mapping after `**`. */
  readonly mapping?: Expression;
}

export type Expression =
  | { readonly kind: 'constant'; readonly value: Value }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Expression[] }
  | { readonly kind: 'mapping'; readonly pairs: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'attribute'; readonly object: Expression; readonly name: string }
  | { readonly kind: 'item'; readonly object: Expression; readonly key: Expression }
  | SliceNode
  | CallNode
  | FilterNode
  | TestNode
  | ConditionalNode
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'sign'; readonly isNegative: boolean; readonly operand: Expression }
  | ChainNode
  | { readonly kind: 'joined'; readonly parts: readonly Expression[] }
  | ComparisonNode;

export interface SliceNode {
  readonly kind: 'slice';
  readonly object: Expression;
  readonly start?: Expression;
  readonly stop?: Expression;
  readonly step?: Expression;
}

export interface CallNode {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly passed: ArgumentNodes;
}

export interface FilterNode {
  readonly kind: 'filter';
  /** Absent for the first filter of a block: the text of the block. */
  readonly input?: Expression;
  readonly name: string;
  readonly passed: ArgumentNodes;
  /** Where the tag begins. */
  readonly offset: number;
}

export interface TestNode {
  readonly kind: 'test';
  readonly input: Expression;
  readonly name: string;
  readonly passed: ArgumentNodes;
  readonly offset: number;
}

/** `THEN if CONDITION else OTHERWISE`. */
export interface ConditionalNode {
  readonly kind: 'conditional';
  readonly condition: Expression;
  readonly then: Expression;
  readonly otherwise?: Expression;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';

/** Operators of one precedence, evaluated from left to right. */
export interface ChainNode {
  readonly kind: 'chain';
  readonly first: Expression;
  readonly rest: readonly { readonly operator: ArithmeticOperator; readonly operand: Expression }[];
}

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

/** `a < b < c` compares neighbours. */
export interface ComparisonNode {
  readonly kind: 'comparison';
  readonly first: Expression;
  readonly rest: readonly { readonly operator: ComparisonOperator; readonly operand: Expression }[];
}

/** What `set`, `for` and `with` assign to. */
export type Target =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'member'; readonly name: string; readonly attribute: string }
  | { readonly kind: 'targets'; readonly items: readonly Target[] };

export interface Parameter {
  readonly name: string;
  readonly standard?: Expression;
}

interface Positioned {
  /** Where the tag begins, as an index into the template. */
  readonly offset: number;
}

export interface OutputNode extends Positioned {
  readonly kind: 'output';
  readonly parts: readonly (string | Expression)[];
}

export interface IfNode extends Positioned {
  readonly kind: 'if';
  readonly branches: readonly (Positioned & {
    readonly condition: Expression;
    readonly body: readonly Statement[];
  })[];
  readonly otherwise: readonly Statement[];
}

export interface ForNode extends Positioned {
  readonly kind: 'for';
  readonly target: Target;
  readonly iterable: Expression;
  readonly condition?: Expression;
  readonly isRecursive: boolean;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}

export interface SetNode extends Positioned {
  readonly kind: 'set';
  readonly target: Target;
  readonly value: Expression;
}

export interface SetBlockNode extends Positioned {
  readonly kind: 'set-block';
  readonly target: Target;
  /** What is applied to the text of the block. */
  readonly filter?: FilterNode;
  readonly body: readonly Statement[];
}

export interface WithNode extends Positioned {
  readonly kind: 'with';
  readonly assignments: readonly (readonly [Target, Expression])[];
  readonly body: readonly Statement[];
}

export interface MacroNode extends Positioned {
  readonly kind: 'macro';
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
}

/** `call` runs a macro that may call the body; `generation` only marks its body, which has a scope of its own like that of `call`. */
export interface CallBlockNode extends Positioned {
  readonly kind: 'call-block';
  readonly call?: CallNode;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
}

export interface FilterBlockNode extends Positioned {
  readonly kind: 'filter-block';
  readonly filter: FilterNode;
  readonly body: readonly Statement[];
}

/** `block`: a scope of its own. */
export interface BlockNode extends Positioned {
  readonly kind: 'block';
  readonly body: readonly Statement[];
}

interface DoNode extends Positioned {
  readonly kind: 'do';
  readonly value: Expression;
}

interface JumpNode extends Positioned {
  readonly kind: 'break' | 'continue';
}

export type Statement =
  | OutputNode
  | IfNode
  | ForNode
  | SetNode
  | SetBlockNode
  | WithNode
  | MacroNode
  | CallBlockNode
  | FilterBlockNode
  | BlockNode
  | DoNode
  | JumpNode;
