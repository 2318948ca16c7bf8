import type { Environment } from '@huggingface/jinja';
import type { WorkMeter } from '../../base/work-meter.ts';
import { OperationCosts } from './operation-costs.ts';
import {
  type Arguments,
  BaseInterpreter,
  type BinaryNode,
  type FilterNode,
  type ForNode,
  isKnown,
  isList,
  isMapping,
  isText,
  type JinjaFunction,
  type JinjaNode,
  type JinjaValue,
  known,
  type MemberNode,
} from './runtime-values.ts';

/** Bytes that the library's loop keeps for each element while it runs. */
const LOOP_BYTES = 128;
/** The library makes a scope for each element before the loop begins. */
const STEPS_PER_ITERATION = 8;

/** The library's interpreter, which asks the meter before anything that may take long or that makes something large. */
export class BoundedInterpreter extends BaseInterpreter {
  readonly #meter: WorkMeter;
  readonly #costs: OperationCosts;
  /** A value keeps its functions, so each is replaced once. */
  readonly #counted = new WeakSet<JinjaFunction>();

  constructor(globals: Environment, meter: WorkMeter) {
    super(globals);
    this.#meter = meter;
    this.#costs = new OperationCosts(meter);
  }

  override evaluate(node: JinjaNode | undefined, scope: Environment): JinjaValue {
    if (node && isKnown(node)) return node.value;
    this.#meter.step();
    const value = super.evaluate(node, scope);
    if (node?.type === 'ArrayLiteral' || node?.type === 'TupleLiteral' || node?.type === 'ObjectLiteral') {
      this.#costs.made(value);
    }
    return value;
  }

  /** As the library's, with every part counted before it is joined to the others. */
  override evaluateBlock(nodes: readonly JinjaNode[], scope: Environment): JinjaValue {
    let text = '';
    for (const node of nodes) {
      const value = this.evaluate(node, scope);
      if (value.type === 'NullValue' || value.type === 'UndefinedValue') continue;
      if (!isText(value)) this.#costs.lengthOf(value);
      text += this.#meter.made(value.toString());
    }
    const block = super.evaluateBlock([], scope);
    block.value = text;
    return block;
  }

  override evaluateBinaryExpression(node: BinaryNode, scope: Environment): JinjaValue {
    const operator = node.operator.value;
    // These may leave out the right side.
    if (operator === 'and' || operator === 'or') return super.evaluateBinaryExpression(node, scope);
    const left = this.evaluate(node.left, scope);
    const right = this.evaluate(node.right, scope);
    this.#costs.beforeOperator(operator, left, right);
    const evaluated = { type: node.type, operator: node.operator, left: known(left), right: known(right) };
    return super.evaluateBinaryExpression(evaluated, scope);
  }

  override evaluateFor(node: ForNode, scope: Environment): JinjaValue {
    const { type, lhs } = node.iterable;
    const isFiltered = type === 'SelectExpression';
    const list = this.evaluate(isFiltered ? lhs : node.iterable, scope);
    const size = isList(list) ? list.value.length : isMapping(list) ? list.value.size : 0;
    this.#meter.step(size * STEPS_PER_ITERATION);
    this.#meter.allocate(size * LOOP_BYTES);
    const iterable = isFiltered ? { ...node.iterable, lhs: known(list) } : known(list);
    try {
      return super.evaluateFor({ ...node, iterable }, scope);
    } finally {
      this.#meter.release(size * LOOP_BYTES);
    }
  }

  override evaluateMemberExpression(node: MemberNode, scope: Environment): JinjaValue {
    const object = this.evaluate(node.object, scope);
    const attribute = this.#attribute(object, node);
    if (attribute) return attribute;
    const member = super.evaluateMemberExpression({ ...node, object: known(object) }, scope);
    if (member.type !== 'FunctionValue') return member;
    const name = node.property.value;
    if (isText(object)) this.#count(member, (values) => this.#beforeMethod(name, object.value, values));
    if (isMapping(object)) {
      this.#count(member, () => this.#costs.beforeList(object.value.size, name === 'dictsort'));
    }
    return member;
  }

  /** What most members are: a value of a mapping, which takes no call of the library. */
  #attribute(object: JinjaValue, { computed, property }: MemberNode): JinjaValue | undefined {
    if (computed || property.type !== 'Identifier' || !isMapping(object)) return undefined;
    const value = object.value.get(String(property.value));
    return value?.type === 'FunctionValue' ? undefined : value;
  }

  /** Lets a function of a value ask first, and counts what it returns. */
  #count(member: JinjaValue, before: (values: JinjaValue[]) => void): void {
    const call = member.value as JinjaFunction;
    if (this.#counted.has(call)) return;
    const counted: JinjaFunction = (values, scope) => {
      before(values);
      const result = call(values, scope);
      this.#costs.made(result);
      return result;
    };
    this.#counted.add(counted);
    member.value = counted;
  }

  /** @param name undefined when the template computes it */
  #beforeMethod(name: unknown, text: string, values: readonly JinjaValue[]): void {
    const [first, second] = values;
    this.#costs.beforeChange(text);
    if (isList(first)) this.#meter.read(first.value.length * text.length);
    if (isText(first) && isText(second)) this.#costs.beforeReplace(text, first.value, second.value);
    if (name === 'split' || typeof name !== 'string') {
      this.#costs.beforeSplit(text, isText(first) ? first.value : undefined);
    }
  }

  override evaluateSliceExpression(object: JinjaValue, node: JinjaNode, scope: Environment): JinjaValue {
    if (isText(object)) this.#costs.beforeCharacters(object.value);
    else if (isList(object)) this.#costs.beforeList(object.value.length);
    const slice = super.evaluateSliceExpression(object, node, scope);
    this.#costs.made(slice);
    return slice;
  }

  override applyFilter(operand: JinjaValue, filter: FilterNode, scope: Environment): JinjaValue {
    const name = (filter.type === 'Identifier' ? filter.value : filter.callee?.value) ?? '';
    const isWritten = filter.args === undefined || name === 'selectattr' || name === 'rejectattr';
    const values: Arguments = isWritten ? [[], new Map()] : this.evaluateArguments(filter.args ?? [], scope);
    this.#beforeFilter(name, operand, values);
    const evaluated = isWritten ? filter : { ...filter, args: knownArguments(values) };
    const result = super.applyFilter(operand, evaluated, scope);
    // The first element of an empty list is missing.
    if (result !== undefined && result !== operand) this.#costs.made(result);
    return result;
  }

  #beforeFilter(name: string, operand: JinjaValue, [values, named]: Arguments): void {
    if (immediate.has(name)) return;
    const number = (value: JinjaValue | undefined) => (typeof value?.value === 'number' ? value.value : 0);
    if (name === 'tojson') {
      const separators = named.get('separators');
      this.#costs.beforeJson(operand, {
        indent: number(named.get('indent')),
        isSorted: named.get('sort_keys')?.value === true,
        ...(separators && { separators: this.#costs.lengthOf(separators) }),
      });
    } else if (name === 'join') {
      const separator = values[0] ?? named.get('separator');
      this.#costs.beforeJoin(operand, isText(separator) ? separator.value.length : 0);
    } else if (name === 'string') this.#costs.lengthOf(operand);
    else if (isText(operand)) this.#beforeTextFilter(name, operand.value, values, number(named.get('width')));
    else if (isList(operand)) {
      const attribute = values[2] ?? named.get('attribute');
      if (isText(attribute)) this.#meter.read(attribute.value.length * operand.value.length);
      this.#costs.beforeList(operand.value.length, name === 'sort');
    } else if (isMapping(operand)) this.#costs.beforeList(operand.value.size, name === 'dictsort');
  }

  #beforeTextFilter(name: string, text: string, values: readonly JinjaValue[], width: number): void {
    const [first, second] = values;
    this.#costs.beforeChange(text);
    if (name === 'indent') {
      const given = typeof first?.value === 'number' ? first.value : width;
      this.#costs.beforeIndent(text, given || DEFAULT_INDENT);
    } else if (name === 'replace' && isText(first) && isText(second)) {
      this.#costs.beforeReplace(text, first.value, second.value);
    }
  }
}

/** Filters that take the same time whatever the size. */
const immediate: ReadonlySet<string> = new Set(['default', 'first', 'last', 'length', 'list', 'safe']);
/** Spaces of the filter `indent`. */
const DEFAULT_INDENT = 4;

/** Arguments whose values are known, as nodes. */
function knownArguments([values, named]: Arguments): JinjaNode[] {
  const byName = [...named].map(([name, value]) => ({
    type: 'KeywordArgumentExpression',
    key: { type: 'Identifier', value: name },
    value: known(value),
  }));
  return [...values.map(known), ...byName];
}
