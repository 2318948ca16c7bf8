import type {
  BlockNode,
  Expression,
  FilterBlockNode,
  IfNode,
  OutputNode,
  SetBlockNode,
  SetNode,
  Statement,
  WithNode,
} from '../ast.ts';
import { syntaxError } from '../errors.ts';
import { textOf } from '../print/text.ts';
import {
  BREAK,
  CONTINUE,
  type Evaluate,
  type Execute,
  type Frame,
  NORMAL,
  type Outcome,
} from '../render/frame.ts';
import { analyze, declare, load } from '../scope/analysis.ts';
import { Layout } from '../scope/layout.ts';
import { forEachTarget } from '../scope/names.ts';
import { Scope } from '../scope/scope.ts';
import { isTrue } from '../values/truth.ts';
import { blockText } from './block-text.ts';
import { ExpressionCompiler } from './expression-compiler.ts';
import { LoopCompiler } from './loop-compiler.ts';
import { MacroCompiler } from './macro-compiler.ts';
import type { Place } from './place.ts';
import { compileTarget } from './targets.ts';
import { scopeEntry } from './variables.ts';

/** Turns statements into functions. */
export class StatementCompiler {
  readonly expressions: ExpressionCompiler;
  readonly #source: string;
  readonly #loops: LoopCompiler;
  readonly #macros: MacroCompiler;

  constructor(source: string) {
    this.#source = source;
    this.expressions = new ExpressionCompiler(source);
    this.#loops = new LoopCompiler(this);
    this.#macros = new MacroCompiler(source, this);
  }

  /**
   * The whole template.
   * @throws OllamaError with the line and column of the tag
   */
  program(statements: readonly Statement[]): { size: () => number; run: Execute } {
    const scope = new Scope(new Layout());
    analyze(scope, statements);
    const run = this.body(statements, { scope, isSoft: false, isInLoop: false });
    const enter = scopeEntry(scope);
    return {
      size: () => scope.layout.size,
      run: (frame) => {
        enter(frame);
        return run(frame);
      },
    };
  }

  /** Statements in a scope that has been analyzed. */
  body(statements: readonly Statement[], place: Place): Execute {
    const steps = statements.map((statement) => this.#statement(statement, place));
    const [only] = steps;
    if (only && steps.length === 1) return only;
    return (frame) => {
      for (const step of steps) {
        const outcome = step(frame);
        if (outcome !== NORMAL) return outcome;
      }
      return NORMAL;
    };
  }

  /** An expression that first counts its nodes. */
  counted(node: Expression, place: Place, offset: number): Evaluate {
    const before = this.expressions.nodes;
    const evaluate = this.expressions.compile(node, place);
    const cost = this.expressions.nodes - before;
    return (frame) => {
      frame.state.offset = offset;
      frame.state.meter.step(cost);
      return evaluate(frame);
    };
  }

  #statement(statement: Statement, place: Place): Execute {
    switch (statement.kind) {
      case 'output':
        return this.#output(statement, place);
      case 'if':
        return this.#if(statement, { ...place, isSoft: true });
      case 'for':
        return this.#loops.loop(statement, place);
      case 'set':
        return this.#set(statement, place);
      case 'set-block':
        return this.#setBlock(statement, place);
      case 'with':
        return this.#with(statement, place);
      case 'macro':
        return this.#macros.macro(statement, place);
      case 'call-block':
        return this.#macros.callBlock(statement, place);
      case 'filter-block':
        return this.#filterBlock(statement, place);
      case 'block':
        return this.#block(statement, place);
      case 'do': {
        const evaluate = this.counted(statement.value, place, statement.offset);
        return (frame) => {
          evaluate(frame);
          return NORMAL;
        };
      }
      default: {
        const outcome = statement.kind === 'break' ? BREAK : CONTINUE;
        return () => outcome;
      }
    }
  }

  #output({ parts, offset }: OutputNode, place: Place): Execute {
    const [only] = parts;
    if (typeof only === 'string' && parts.length === 1) {
      return (frame) => {
        frame.state.meter.write(only.length);
        frame.out += only;
        return NORMAL;
      };
    }
    const writers = parts.map((part): ((frame: Frame) => string) => {
      if (typeof part === 'string') return () => part;
      const evaluate = this.counted(part, place, offset);
      return (frame) => textOf(evaluate(frame), frame.state.meter);
    });
    return (frame) => {
      for (const write of writers) {
        const text = write(frame);
        frame.state.meter.write(text.length);
        frame.out += text;
      }
      return NORMAL;
    };
  }

  #if({ branches, otherwise }: IfNode, place: Place): Execute {
    const compiled = branches.map(({ condition, body, offset }) => ({
      condition: this.counted(condition, place, offset),
      body: this.body(body, place),
    }));
    const rest = this.body(otherwise, place);
    return (frame) => {
      for (const { condition, body } of compiled) if (isTrue(condition(frame))) return body(frame);
      return rest(frame);
    };
  }

  #set({ target, value, offset }: SetNode, place: Place): Execute {
    this.refuseLoop(target, place, offset);
    const evaluate = this.counted(value, place, offset);
    const assign = compileTarget(target, place.scope);
    return (frame) => {
      assign(frame, evaluate(frame));
      return NORMAL;
    };
  }

  /** @throws OllamaError if `loop` is assigned to within a loop */
  refuseLoop(target: SetNode['target'], { isInLoop }: Place, offset: number): void {
    if (!isInLoop) return;
    forEachTarget(
      target,
      (name) => {
        if (name === 'loop') throw syntaxError(this.#source, offset, 'cannot assign to the variable loop');
      },
      () => {},
    );
  }

  /** Runs statements whose text is kept apart, and uses it unless they end with `break` or `continue`. */
  #captured(frame: Frame, run: () => Outcome, use: () => void): Outcome {
    const before = frame.out;
    frame.out = '';
    const outcome = run();
    if (outcome === NORMAL) use();
    frame.out = before;
    return outcome;
  }

  #setBlock({ target, filter, body, offset }: SetBlockNode, place: Place): Execute {
    this.refuseLoop(target, place, offset);
    const inner = this.#inner(place);
    if (filter) load(inner.scope, filter);
    analyze(inner.scope, body);
    const run = this.body(body, inner);
    const apply = filter && this.counted(filter, inner, offset);
    const enter = scopeEntry(inner.scope);
    const assign = compileTarget(target, place.scope);
    return (frame) => {
      enter(frame);
      return this.#captured(
        frame,
        () => run(frame),
        () => {
          assign(frame, apply ? apply(frame) : frame.out);
        },
      );
    };
  }

  #filterBlock({ filter, body, offset }: FilterBlockNode, place: Place): Execute {
    const inner = this.#inner(place);
    load(inner.scope, filter);
    analyze(inner.scope, body);
    const run = this.body(body, inner);
    const apply = this.counted(filter, inner, offset);
    const enter = scopeEntry(inner.scope);
    return (frame) => {
      enter(frame);
      let text = '';
      const outcome = this.#captured(
        frame,
        () => run(frame),
        () => {
          text = blockText(apply(frame));
        },
      );
      frame.state.meter.write(text.length);
      frame.out += text;
      return outcome;
    };
  }

  #with({ assignments, body, offset }: WithNode, place: Place): Execute {
    const inner = this.#inner(place);
    for (const [target] of assignments) {
      this.refuseLoop(target, place, offset);
      declare(inner.scope, target);
    }
    analyze(inner.scope, body);
    const values = assignments.map(([target, value]) => ({
      evaluate: this.counted(value, place, offset),
      assign: compileTarget(target, inner.scope),
    }));
    const run = this.body(body, inner);
    const enter = scopeEntry(inner.scope);
    return (frame) => {
      enter(frame);
      for (const { evaluate, assign } of values) assign(frame, evaluate(frame));
      return run(frame);
    };
  }

  #block({ body }: BlockNode, place: Place): Execute {
    const inner = this.#inner(place);
    analyze(inner.scope, body);
    const run = this.body(body, inner);
    const enter = scopeEntry(inner.scope);
    return (frame) => {
      enter(frame);
      return run(frame);
    };
  }

  #inner({ scope, isInLoop }: Place): Place {
    return { scope: new Scope(scope.layout, scope), isSoft: false, isInLoop };
  }
}
