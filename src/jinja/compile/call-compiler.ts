import type { ArgumentNodes, CallNode, FilterNode, TestNode } from '../ast.ts';
import { JinjaError, syntaxError } from '../errors.ts';
import { filters } from '../functions/filters/filters.ts';
import { tests } from '../functions/tests.ts';
import { calledValue } from '../operators/call.ts';
import type { Evaluate, Frame } from '../render/frame.ts';
import { type Arguments, noArguments } from '../values/callable.ts';
import { Dict } from '../values/dict.ts';
import { elementsOf } from '../values/iteration.ts';
import { isText, plain } from '../values/kinds.ts';
import type { Value } from '../values/value.ts';
import type { ExpressionCompiler } from './expression-compiler.ts';
import type { Place } from './place.ts';

/** Turns calls, filters and tests into functions. */
export class CallCompiler {
  readonly #source: string;
  readonly #expressions: ExpressionCompiler;

  constructor(source: string, expressions: ExpressionCompiler) {
    this.#source = source;
    this.#expressions = expressions;
  }

  /** @param extra more arguments with names, such as `caller` */
  call(node: CallNode, place: Place, extra?: (frame: Frame) => readonly [string, Value][]): Evaluate {
    const callee = this.#expressions.compile(node.callee, place);
    const passed = this.#arguments(node.passed, place, extra);
    return (frame) => {
      const target = callee(frame);
      return calledValue(target, passed(frame), frame.state);
    };
  }

  /** A filter of a block gets its text from the frame. */
  filter(node: FilterNode, place: Place): Evaluate {
    const input = node.input ? this.#expressions.compile(node.input, place) : (frame: Frame) => frame.out;
    const passed = this.#arguments(node.passed, place);
    const { name } = node;
    const filter = filters.get(name);
    if (filter) return (frame) => filter(input(frame), passed(frame), frame.state);
    this.#refuse('filter', node, place);
    return (frame) => frame.state.filter(name, input(frame), passed(frame));
  }

  test(node: TestNode, place: Place): Evaluate {
    const input = this.#expressions.compile(node.input, place);
    const passed = this.#arguments(node.passed, place);
    const { name } = node;
    const test = tests.get(name);
    if (test) return (frame) => test(input(frame), passed(frame), frame.state);
    this.#refuse('test', node, place);
    return (frame) => frame.state.test(name, input(frame), passed(frame));
  }

  #refuse(kind: string, { name, offset }: FilterNode | TestNode, { isSoft }: Place): void {
    if (!isSoft) throw syntaxError(this.#source, offset, `no ${kind} named ${JSON.stringify(name)}`);
  }

  #arguments(
    nodes: ArgumentNodes,
    place: Place,
    extra?: (frame: Frame) => readonly [string, Value][],
  ): (frame: Frame) => Arguments {
    const places = nodes.positional.map((node) => this.#expressions.compile(node, place));
    const names = nodes.named.map(([name, node]) => [name, this.#expressions.compile(node, place)] as const);
    const list = nodes.list && this.#expressions.compile(nodes.list, place);
    const mapping = nodes.mapping && this.#expressions.compile(nodes.mapping, place);
    const hasNames = names.length > 0 || mapping !== undefined || extra !== undefined;
    if (!hasNames && !list && places.length === 0) return () => noArguments;
    return (frame) => {
      const positional = places.map((evaluate) => evaluate(frame));
      const named: [string, Value][] = names.map(([name, evaluate]) => [name, evaluate(frame)]);
      if (list) for (const value of elementsOf(list(frame), frame.state.meter)) positional.push(value);
      if (!hasNames) return { positional, named: noArguments.named };
      if (mapping) addMapping(named, mapping(frame));
      if (extra) named.push(...extra(frame));
      return { positional, named: new Map(named) };
    };
  }
}

function addMapping(named: [string, Value][], mapping: Value): void {
  if (!(mapping instanceof Dict)) throw new JinjaError('the argument after ** must be a mapping');
  for (const [key, value] of mapping.entries()) {
    if (!isText(key)) throw new JinjaError('keywords must be strings');
    if (named.some(([name]) => name === key))
      throw new JinjaError(`two values for the argument '${plain(key)}'`);
    named.push([plain(key), value]);
  }
}
