import type { ChainNode, ComparisonNode, ConditionalNode, Expression, SliceNode } from '../ast.ts';
import { isElementName } from '../functions/attributes.ts';
import { ELEMENT_BYTES } from '../limits.ts';
import { getAttribute, getItem } from '../operators/access.ts';
import { arithmetic } from '../operators/arithmetic.ts';
import { comparison } from '../operators/comparison.ts';
import { joinTexts } from '../operators/joining.ts';
import { negated, unchanged } from '../operators/sign.ts';
import { slice } from '../operators/slice.ts';
import type { Evaluate } from '../render/frame.ts';
import { Dict } from '../values/dict.ts';
import { isTrue } from '../values/truth.ts';
import { Tuple } from '../values/tuple.ts';
import { Undefined } from '../values/undefined.ts';
import { CallCompiler } from './call-compiler.ts';
import type { Place } from './place.ts';
import { nameEvaluator } from './variables.ts';

/** Turns expressions into functions. */
export class ExpressionCompiler {
  readonly #calls: CallCompiler;
  #nodes = 0;

  /** @param source of the template, for errors */
  constructor(source: string) {
    this.#calls = new CallCompiler(source, this);
  }

  /** How many nodes have been compiled so far: each takes a step when it is evaluated. */
  get nodes(): number {
    return this.#nodes;
  }

  /** @throws OllamaError for filters and tests that do not exist */
  compile(node: Expression, place: Place): Evaluate {
    this.#nodes++;
    switch (node.kind) {
      case 'constant': {
        const { value } = node;
        return () => value;
      }
      case 'name':
        return nameEvaluator(node.name, place.scope);
      case 'attribute': {
        const object = this.compile(node.object, place);
        const { name } = node;
        if (!isElementName(name)) return (frame) => getAttribute(object(frame), name, frame.state.meter);
        return (frame) => {
          const owner = object(frame);
          const element = owner instanceof Dict ? owner.getText(name) : undefined;
          return element === undefined ? getAttribute(owner, name, frame.state.meter) : element;
        };
      }
      case 'item': {
        const object = this.compile(node.object, place);
        const key = this.compile(node.key, place);
        return (frame) => getItem(object(frame), key(frame), frame.state.meter);
      }
      case 'list':
      case 'tuple':
      case 'mapping':
        return this.#collection(node, place);
      case 'call':
        return this.#calls.call(node, place);
      case 'filter':
        return this.#calls.filter(node, place);
      case 'test':
        return this.#calls.test(node, place);
      default:
        return this.#operation(node, place);
    }
  }

  #operation(
    node: Exclude<
      Expression,
      {
        kind:
          | 'constant'
          | 'name'
          | 'attribute'
          | 'item'
          | 'list'
          | 'tuple'
          | 'mapping'
          | 'call'
          | 'filter'
          | 'test';
      }
    >,
    place: Place,
  ): Evaluate {
    switch (node.kind) {
      case 'and':
      case 'or':
        return this.#logical(node.kind === 'and', node.operands, place);
      case 'not': {
        const operand = this.compile(node.operand, place);
        return (frame) => !isTrue(operand(frame));
      }
      case 'sign': {
        const operand = this.compile(node.operand, place);
        const change = node.isNegative ? negated : unchanged;
        return (frame) => change(operand(frame));
      }
      case 'conditional':
        return this.#conditional(node, place);
      case 'joined': {
        const parts = node.parts.map((part) => this.compile(part, place));
        return (frame) =>
          joinTexts(
            parts.map((part) => part(frame)),
            frame.state.meter,
          );
      }
      case 'chain':
        return this.#chain(node, place);
      case 'comparison':
        return this.#comparison(node, place);
      case 'slice':
        return this.#slice(node, place);
    }
  }

  #collection(node: Extract<Expression, { kind: 'list' | 'tuple' | 'mapping' }>, place: Place): Evaluate {
    if (node.kind === 'mapping') {
      const pairs = node.pairs.map(
        ([key, value]) => [this.compile(key, place), this.compile(value, place)] as const,
      );
      return (frame) => {
        const dict = new Dict();
        for (const [key, value] of pairs) dict.set(key(frame), value(frame), frame.state.meter);
        return dict;
      };
    }
    const items = node.items.map((item) => this.compile(item, place));
    const isTuple = node.kind === 'tuple';
    return (frame) => {
      frame.state.meter.allocate(items.length * ELEMENT_BYTES);
      const values = items.map((item) => item(frame));
      return isTuple ? new Tuple(values) : values;
    };
  }

  /** The first value that decides, or the last one. */
  #logical(isAnd: boolean, nodes: readonly Expression[], place: Place): Evaluate {
    const [first, ...rest] = nodes.map((node) => this.compile(node, place));
    if (!first) throw new Error('and without operands');
    return (frame) => {
      let value = first(frame);
      for (const operand of rest) {
        if (isTrue(value) !== isAnd) return value;
        value = operand(frame);
      }
      return value;
    };
  }

  #conditional(node: ConditionalNode, outer: Place): Evaluate {
    const place = { ...outer, isSoft: true };
    const condition = this.compile(node.condition, place);
    const then = this.compile(node.then, place);
    const otherwise = node.otherwise && this.compile(node.otherwise, place);
    return (frame) => {
      if (isTrue(condition(frame))) return then(frame);
      if (otherwise) return otherwise(frame);
      return new Undefined('an inline if is false and has no else');
    };
  }

  #chain(node: ChainNode, place: Place): Evaluate {
    const first = this.compile(node.first, place);
    const rest = node.rest.map(({ operator, operand }) => ({
      apply: arithmetic[operator],
      operand: this.compile(operand, place),
    }));
    return (frame) => {
      let value = first(frame);
      for (const { apply, operand } of rest) value = apply(value, operand(frame), frame.state.meter);
      return value;
    };
  }

  #comparison(node: ComparisonNode, place: Place): Evaluate {
    const first = this.compile(node.first, place);
    const rest = node.rest.map(({ operator, operand }) => ({
      holds: comparison[operator],
      operand: this.compile(operand, place),
    }));
    return (frame) => {
      let left = first(frame);
      for (const { holds, operand } of rest) {
        const right = operand(frame);
        if (!holds(left, right, frame.state.meter)) return false;
        left = right;
      }
      return true;
    };
  }

  #slice(node: SliceNode, place: Place): Evaluate {
    const object = this.compile(node.object, place);
    const [start, stop, step] = [node.start, node.stop, node.step].map(
      (bound) => bound && this.compile(bound, place),
    );
    return (frame) =>
      slice(
        object(frame),
        { start: start?.(frame) ?? null, stop: stop?.(frame) ?? null, step: step?.(frame) ?? null },
        frame.state.meter,
      );
  }
}
