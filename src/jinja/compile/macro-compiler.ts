import type { CallBlockNode, MacroNode, Parameter, Statement } from '../ast.ts';
import { type Evaluate, type Execute, Frame, NORMAL } from '../render/frame.ts';
import { analyze, load } from '../scope/analysis.ts';
import { Layout } from '../scope/layout.ts';
import { mentions } from '../scope/names.ts';
import { Scope } from '../scope/scope.ts';
import { Callable } from '../values/callable.ts';
import { Tuple } from '../values/tuple.ts';
import type { Value } from '../values/value.ts';
import { blockText } from './block-text.ts';
import { CallCompiler } from './call-compiler.ts';
import { bindMacro, type MacroShape } from './macro-arguments.ts';
import type { Place } from './place.ts';
import type { StatementCompiler } from './statement-compiler.ts';
import { scopeEntry } from './variables.ts';

/** Turns macros and blocks that a macro calls into functions. */
export class MacroCompiler {
  readonly #statements: StatementCompiler;
  readonly #calls: CallCompiler;

  constructor(source: string, statements: StatementCompiler) {
    this.#statements = statements;
    this.#calls = new CallCompiler(source, statements.expressions);
  }

  macro({ name, parameters, body, offset }: MacroNode, place: Place): Execute {
    this.#statements.refuseLoop({ kind: 'name', name }, place, offset);
    const make = this.#callable(name, parameters, body, place, offset);
    const slot = place.scope.find(name)?.slot ?? 0;
    return (frame) => {
      frame.slots[slot] = make(frame);
      return NORMAL;
    };
  }

  callBlock({ call, parameters, body, offset }: CallBlockNode, place: Place): Execute {
    const make = this.#callable('caller', parameters, body, place, offset);
    const run: Evaluate = call
      ? this.#calls.call(call, place, (frame) => [['caller', make(frame)]])
      : (frame) => make(frame).call({ positional: [], named: new Map() }, frame.state);
    return (frame) => {
      frame.state.offset = offset;
      frame.state.meter.step();
      const text = blockText(run(frame));
      frame.state.meter.write(text.length);
      frame.out += text;
      return NORMAL;
    };
  }

  /** @returns what makes the macro for the frame that it is defined in */
  #callable(
    name: string,
    parameters: readonly Parameter[],
    body: readonly Statement[],
    place: Place,
    offset: number,
  ): (frame: Frame) => Callable {
    const layout = new Layout(place.scope.layout);
    const scope = new Scope(layout, place.scope);
    const inner: Place = { scope, isSoft: false, isInLoop: false };
    const shape = declareParameters(scope, parameters, body);
    for (const { standard } of parameters) load(scope, standard);
    analyze(scope, body);
    const standards = parameters.map(
      ({ standard }) => standard && this.#statements.counted(standard, inner, offset),
    );
    const run = this.#statements.body(body, inner);
    const enter = scopeEntry(scope);
    const slots = shape.slots.map((slot) => scope.find(slot)?.slot ?? 0);
    const attributes = new Map<string, Value>([
      ['name', name],
      ['arguments', new Tuple(shape.names)],
      ['catch_kwargs', shape.takesNamed],
      ['catch_varargs', shape.takesMore],
      ['caller', shape.takesCaller],
    ]);
    return (frame) =>
      new Callable(
        name,
        (passed) =>
          frame.state.called(() => {
            const own = new Frame(layout.size, frame.state, frame);
            enter(own);
            bindMacro(name, shape, passed, frame.state.meter).forEach((value, index) => {
              own.slots[slots[index] ?? 0] = value;
            });
            standards.forEach((standard, index) => {
              const slot = slots[index] ?? 0;
              if (standard && own.slots[slot] === undefined) own.slots[slot] = standard(own);
            });
            run(own);
            return own.out;
          }),
        { typeName: 'Macro', attributes },
      );
  }
}

/** Declares the parameters, and what the body reads of the arguments that no parameter takes. */
function declareParameters(
  scope: Scope,
  parameters: readonly Parameter[],
  body: readonly Statement[],
): MacroShape {
  const names = parameters.map(({ name }) => name);
  const uses = (name: string) => !names.includes(name) && mentions(body, name);
  const shape: MacroShape = {
    names,
    takesCaller: uses('caller') || names.includes('caller'),
    takesNamed: uses('kwargs'),
    takesMore: uses('varargs'),
    slots: [],
  };
  const special = [uses('caller') && 'caller', shape.takesNamed && 'kwargs', shape.takesMore && 'varargs'];
  const slots = [...names, ...special.filter((name) => name !== false)];
  for (const name of slots) scope.declare(name);
  return { ...shape, slots };
}
