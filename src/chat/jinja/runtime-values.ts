/** What our interpreter uses of the values and nodes of @huggingface/jinja, whose classes are not exported. */
import { type Environment, Interpreter } from '@huggingface/jinja';

export interface JinjaValue {
  readonly type: string;
  value: unknown;
  toString(): string;
}

export type JinjaFunction = (values: JinjaValue[], scope: Environment) => JinjaValue;

export interface JinjaNode {
  readonly type: string;
}

/** A node whose value is known already. */
export interface KnownNode extends JinjaNode {
  readonly type: typeof KNOWN;
  readonly value: JinjaValue;
}

/** No node of the library has this type. */
const KNOWN = 'Known';

export function known(value: JinjaValue): KnownNode {
  return { type: KNOWN, value };
}

export function isKnown(node: JinjaNode): node is KnownNode {
  return node.type === KNOWN;
}

export interface BinaryNode extends JinjaNode {
  readonly operator: { readonly value: string };
  readonly left: JinjaNode;
  readonly right: JinjaNode;
}

export interface MemberNode extends JinjaNode {
  readonly object: JinjaNode;
  /** Whether the member stands in brackets. */
  readonly computed: boolean;
  readonly property: JinjaNode & { readonly value?: unknown };
}

export interface ForNode extends JinjaNode {
  /** With a condition, a `SelectExpression`, whose `lhs` is the list. */
  readonly iterable: JinjaNode & { readonly lhs?: JinjaNode };
}

/** The name of a filter, or a call of it with arguments. */
export interface FilterNode extends JinjaNode {
  readonly value?: string;
  readonly callee?: JinjaNode & { readonly value?: string };
  readonly args?: readonly JinjaNode[];
}

/** Arguments by place and by name. */
export type Arguments = [JinjaValue[], Map<string, JinjaValue>];

/** The methods that the library's interpreter calls on itself. */
interface InterpreterMethods {
  run(program: JinjaNode): JinjaValue;
  evaluate(node: JinjaNode | undefined, scope: Environment): JinjaValue;
  evaluateBlock(nodes: readonly JinjaNode[], scope: Environment): JinjaValue;
  evaluateBinaryExpression(node: BinaryNode, scope: Environment): JinjaValue;
  evaluateMemberExpression(node: MemberNode, scope: Environment): JinjaValue;
  evaluateSliceExpression(object: JinjaValue, node: JinjaNode, scope: Environment): JinjaValue;
  evaluateFor(node: ForNode, scope: Environment): JinjaValue;
  evaluateArguments(nodes: readonly JinjaNode[], scope: Environment): Arguments;
  applyFilter(operand: JinjaValue, filter: FilterNode, scope: Environment): JinjaValue;
}

/** The library's interpreter with the types of its methods; a test checks that it has them. */
export const BaseInterpreter = Interpreter as unknown as new (globals: Environment) => InterpreterMethods;

export function isText(value: JinjaValue | undefined): value is JinjaValue & { value: string } {
  return typeof value?.value === 'string';
}

export function isList(value: JinjaValue | undefined): value is JinjaValue & { value: JinjaValue[] } {
  return Array.isArray(value?.value);
}

export function isMapping(
  value: JinjaValue | undefined,
): value is JinjaValue & { value: Map<string, JinjaValue> } {
  return value?.value instanceof Map;
}
