import type { ForNode } from '../ast.ts';
import { JinjaError } from '../errors.ts';
import { BREAK, type Evaluate, type Execute, Frame, NORMAL, type Outcome } from '../render/frame.ts';
import { analyze, declare, load } from '../scope/analysis.ts';
import { Layout } from '../scope/layout.ts';
import { Scope } from '../scope/scope.ts';
import { iteratorOf, lengthOf } from '../values/iteration.ts';
import { Loop } from '../values/loop.ts';
import { isTrue } from '../values/truth.ts';
import { typeName } from '../values/type-name.ts';
import type { Value } from '../values/value.ts';
import type { Place } from './place.ts';
import type { StatementCompiler } from './statement-compiler.ts';
import { type Assign, compileTarget } from './targets.ts';
import { scopeEntry } from './variables.ts';

/** Bytes that a loop keeps while it runs. */
const LOOP_BYTES = 512;

/** The condition of a loop: it skips the elements for which it is not true. */
interface Condition {
  readonly enter: (frame: Frame) => void;
  readonly assign: Assign;
  readonly evaluate: Evaluate;
}

interface Parts {
  readonly enter: (frame: Frame) => void;
  readonly assign: Assign;
  /** The slot of the variable `loop`. */
  readonly loopSlot: number;
  readonly condition: Condition | undefined;
  readonly body: Execute;
  readonly otherwise: Execute | undefined;
  readonly offset: number;
}

/** Turns loops into functions. */
export class LoopCompiler {
  readonly #statements: StatementCompiler;

  constructor(statements: StatementCompiler) {
    this.#statements = statements;
  }

  loop(node: ForNode, place: Place): Execute {
    this.#statements.refuseLoop(node.target, { ...place, isInLoop: true }, node.offset);
    const iterable = this.#statements.counted(node.iterable, place, node.offset);
    // Each run of a recursive loop has its own variables.
    const layout = node.isRecursive ? new Layout(place.scope.layout) : place.scope.layout;
    const parts = this.#parts(node, new Scope(layout, place.scope));
    if (!node.isRecursive) return (frame) => run(parts, frame, iterable(frame), 0, undefined);
    return (frame) => {
      const recurse = (value: Value, depth: number): string =>
        frame.state.called(() => {
          const inner = new Frame(layout.size, frame.state, frame);
          run(parts, inner, value, depth, recurse);
          return inner.out;
        });
      const text = recurse(iterable(frame), 0);
      frame.state.meter.write(text.length);
      frame.out += text;
      return NORMAL;
    };
  }

  /** @param scope of the body */
  #parts(node: ForNode, scope: Scope): Parts {
    const { target, offset } = node;
    scope.declare('loop');
    const loopSlot = scope.find('loop')?.slot ?? 0;
    declare(scope, target);
    analyze(scope, node.body);
    const body = this.#statements.body(node.body, { scope, isSoft: false, isInLoop: true });
    return {
      enter: scopeEntry(scope),
      assign: compileTarget(target, scope),
      loopSlot,
      condition: this.#condition(node, scope),
      body,
      otherwise: this.#otherwise(node, scope),
      offset,
    };
  }

  #condition({ target, condition, offset }: ForNode, { layout, parent }: Scope): Condition | undefined {
    if (!condition) return undefined;
    const scope = new Scope(layout, parent);
    declare(scope, target);
    load(scope, condition);
    const place = { scope, isSoft: false, isInLoop: true };
    return {
      evaluate: this.#statements.counted(condition, place, offset),
      assign: compileTarget(target, scope),
      enter: scopeEntry(scope),
    };
  }

  #otherwise({ otherwise }: ForNode, { layout, parent }: Scope): Execute | undefined {
    if (otherwise.length === 0) return undefined;
    const scope = new Scope(layout, parent);
    analyze(scope, otherwise);
    const run = this.#statements.body(otherwise, { scope, isSoft: false, isInLoop: true });
    const enter = scopeEntry(scope);
    return (frame) => {
      enter(frame);
      return run(frame);
    };
  }
}

function run(
  parts: Parts,
  frame: Frame,
  iterable: Value,
  depth: number,
  recurse: ((value: Value, depth: number) => string) | undefined,
): Outcome {
  const { meter } = frame.state;
  const iterator = iteratorOf(iterable, meter);
  if (!iterator) throw new JinjaError(`'${typeName(iterable)}' object is not iterable`);
  const elements = parts.condition ? selected(parts.condition, iterator, frame) : iterator;
  const length = parts.condition ? undefined : lengthOf(iterable, meter);
  const loop = new Loop({ elements, length, depth, ...(recurse && { recurse }) });
  meter.allocate(LOOP_BYTES);
  const outcome = iterations(parts, frame, loop);
  meter.release(LOOP_BYTES);
  return outcome;
}

function iterations(
  { enter, assign, loopSlot, body, otherwise, offset }: Parts,
  frame: Frame,
  loop: Loop,
): Outcome {
  // As in jinja2, `else` also runs if no iteration came to its end, because of `continue` or `break`.
  let isComplete = false;
  for (let value = loop.advance(); value !== undefined; value = loop.advance()) {
    frame.state.offset = offset;
    frame.state.meter.step();
    enter(frame);
    frame.slots[loopSlot] = loop;
    assign(frame, value);
    const outcome = body(frame);
    isComplete ||= outcome === NORMAL;
    if (outcome === BREAK) break;
  }
  return !isComplete && otherwise ? otherwise(frame) : NORMAL;
}

function* selected(condition: Condition, elements: Iterator<Value>, frame: Frame): Generator<Value> {
  condition.enter(frame);
  for (let next = elements.next(); !next.done; next = elements.next()) {
    condition.assign(frame, next.value);
    if (isTrue(condition.evaluate(frame))) yield next.value;
  }
}
