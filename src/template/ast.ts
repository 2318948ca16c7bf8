/** The syntax tree of a Go template, as in Go's `text/template/parse`. Comments leave no node. */

/** Where a node begins in the source; both count from 1. */
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

/** `{{if}}`, `{{with}}` and `{{range}}`; an `else if` is an `if` alone in `otherwise`. */
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

/** Commands whose results feed each other. */
export interface PipeNode extends Positioned {
  readonly kind: 'pipe';
  /** Names with their `$`; two only in `range`. */
  readonly declared: readonly string[];
  /** `=` in place of `:=`. */
  readonly isAssignment: boolean;
  readonly commands: readonly CommandNode[];
}

/** A function, method or value, and what it is applied to. */
export interface CommandNode extends Positioned {
  readonly kind: 'command';
  readonly operands: readonly OperandNode[];
}

/** `.A.B` */
interface FieldNode extends Positioned {
  readonly kind: 'field';
  readonly names: readonly string[];
}

/** `$x.A.B`; the name has its `$`. */
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
  /** bigint = a Go integer (also of a character), number = a Go float. */
  readonly value: string | boolean | bigint | number;
  /** As written. */
  readonly source: string;
}

/** A function's name. */
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
