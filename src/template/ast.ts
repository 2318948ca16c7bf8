/** The syntax tree of a Go template, as in Go's `text/template/parse`. Comments leave no node. */

/** Where a node begins in the source; line and column count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

interface Positioned {
  readonly position: Position;
}

interface TextNode extends Positioned {
  readonly kind: 'text';
  readonly text: string;
}

export interface ListNode extends Positioned {
  readonly kind: 'list';
  readonly nodes: readonly StatementNode[];
}

/** `{{pipeline}}`; prints unless it declares or assigns. */
interface ActionNode extends Positioned {
  readonly kind: 'action';
  readonly pipe: PipeNode;
}

/** `{{if}}`, `{{with}}` and `{{range}}`; `otherwise` of an `else if` holds a single `if`. */
export interface BranchNode extends Positioned {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipe: PipeNode;
  readonly list: ListNode;
  readonly otherwise?: ListNode;
}

/** `{{break}}` and `{{continue}}`. */
export interface JumpNode extends Positioned {
  readonly kind: 'break' | 'continue';
}

/** `{{template "name" pipeline}}`. */
export interface TemplateNode extends Positioned {
  readonly kind: 'template';
  readonly name: string;
  readonly pipe?: PipeNode;
}

export type StatementNode = TextNode | ListNode | ActionNode | BranchNode | JumpNode | TemplateNode;

/** Commands, each of which passes its result to the next. */
export interface PipeNode extends Positioned {
  readonly kind: 'pipe';
  /** Names including their `$`; only `range` declares two. */
  readonly declared: readonly string[];
  /** True for `=`, false for `:=`. */
  readonly isAssignment: boolean;
  readonly commands: readonly CommandNode[];
}

/** A function, method or value, and its arguments. */
export interface CommandNode extends Positioned {
  readonly kind: 'command';
  readonly operands: readonly OperandNode[];
}

/** `.A.B` */
interface FieldNode extends Positioned {
  readonly kind: 'field';
  readonly names: readonly string[];
}

/** `$x.A.B`; the name includes its `$`. */
interface VariableNode extends Positioned {
  readonly kind: 'variable';
  readonly name: string;
  readonly fields: readonly string[];
}

/** `(pipeline).A.B` */
interface ChainNode extends Positioned {
  readonly kind: 'chain';
  readonly operand: OperandNode;
  readonly fields: readonly string[];
}

interface LiteralNode extends Positioned {
  readonly kind: 'literal';
  /** bigint for a Go integer or character constant, number for a Go float. */
  readonly value: string | boolean | bigint | number;
  /** The literal as written. */
  readonly source: string;
}

/** The name of a function. */
export interface IdentifierNode extends Positioned {
  readonly kind: 'identifier';
  readonly name: string;
}

interface DotNode extends Positioned {
  readonly kind: 'dot';
}

interface NilNode extends Positioned {
  readonly kind: 'nil';
}

export type OperandNode =
  | FieldNode
  | VariableNode
  | ChainNode
  | LiteralNode
  | IdentifierNode
  | DotNode
  | NilNode
  | PipeNode;
