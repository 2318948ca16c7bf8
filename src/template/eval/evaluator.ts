import type { OllamaError } from '../../base/errors.ts';
import type { WorkMeter } from '../../base/work-meter.ts';
import type { CommandNode, IdentifierNode, OperandNode, PipeNode, Position } from '../ast.ts';
import { templateError } from '../errors.ts';
import { FunctionError, type TemplateFunction } from '../functions/function.ts';
import { isTrue, type Result, typeName } from '../kinds.ts';
import { FieldError, readField } from './fields.ts';
import type { Variables } from './variables.ts';

/** A value passed on by `|`. */
interface Piped {
  readonly value: Result;
}

interface Call {
  readonly dot: Result;
  readonly variables: Variables;
  /** undefined for the first command of a pipeline. */
  readonly piped: Piped | undefined;
}

/** Evaluates pipelines. Each evaluated node counts as a step; nested templates share one count. */
export class Evaluator {
  readonly #functions: ReadonlyMap<string, TemplateFunction>;
  readonly #meter: WorkMeter;
  /** Where the node begins that is evaluated. */
  position: Position = { line: 1, column: 1 };

  constructor(functions: ReadonlyMap<string, TemplateFunction>, meter: WorkMeter) {
    this.#functions = functions;
    this.#meter = meter;
  }

  /** @throws OverLimit when the template takes too long */
  step(position: Position): void {
    this.position = position;
    this.#meter.step();
  }

  /** Returns the value of the last command, and assigns it to the declared variables. */
  pipeline(pipe: PipeNode, dot: Result, variables: Variables): Result {
    let piped: Piped | undefined;
    for (const command of pipe.commands) {
      piped = { value: this.#command(command, dot, variables, piped) ?? undefined };
    }
    const value = piped?.value;
    for (const name of pipe.declared) {
      if (!pipe.isAssignment) variables.push(name, value);
      else if (!variables.set(name, value)) {
        throw undefinedVariable(pipe.position, name);
      }
    }
    return value;
  }

  #command(command: CommandNode, dot: Result, variables: Variables, piped: Piped | undefined): Result {
    this.step(command.position);
    const [first, ...others] = command.operands;
    if (!first) return undefined;
    const hasArguments = others.length > 0 || piped !== undefined;
    if (first.kind === 'identifier') return this.#call(first, others, { dot, variables, piped });
    if (first.kind === 'nil') throw templateError(first.position, 'nil is not a command');
    const takesArguments = first.kind === 'field' || first.kind === 'chain' || isField(first);
    if (hasArguments && !takesArguments) {
      throw templateError(first.position, "can't give argument to non-function");
    }
    return this.#operand(first, dot, variables, hasArguments);
  }

  #operand(node: OperandNode, dot: Result, variables: Variables, hasArguments = false): Result {
    switch (node.kind) {
      case 'dot':
        return dot;
      case 'literal':
        return node.value;
      case 'field':
        return this.#fields(node.position, dot, node.names, hasArguments);
      case 'variable':
        if (!variables.has(node.name)) throw undefinedVariable(node.position, node.name);
        return this.#fields(node.position, variables.get(node.name), node.fields, hasArguments);
      case 'chain':
        return this.#chain(node, dot, variables, hasArguments);
      case 'pipe':
        return this.pipeline(node, dot, variables);
      case 'identifier':
        return this.#call(node, [], { dot, variables, piped: undefined });
      case 'nil':
        return undefined;
    }
  }

  #chain(
    node: OperandNode & { kind: 'chain' },
    dot: Result,
    variables: Variables,
    hasArguments: boolean,
  ): Result {
    if (node.operand.kind === 'nil') throw templateError(node.position, 'indirection through explicit nil');
    return this.#fields(
      node.position,
      this.#operand(node.operand, dot, variables),
      node.fields,
      hasArguments,
    );
  }

  #fields(position: Position, start: Result, names: readonly string[], hasArguments: boolean): Result {
    this.step(position);
    try {
      return names.reduce<Result>(
        (receiver, name, index) =>
          readField(receiver, name, hasArguments && index === names.length - 1, this.#meter),
        start,
      );
    } catch (error) {
      if (error instanceof FieldError) throw templateError(position, error.message);
      throw error;
    }
  }

  #call(
    { name, position }: IdentifierNode,
    operands: readonly OperandNode[],
    { dot, variables, piped }: Call,
  ): Result {
    const called = this.#functions.get(name);
    if (!called) throw templateError(position, `${JSON.stringify(name)} is not a defined function`);
    const count = operands.length + (piped ? 1 : 0);
    if (count < called.minimum || count > called.maximum) {
      throw templateError(position, `wrong number of args for ${name}: got ${count}`);
    }
    if (name === 'and' || name === 'or') {
      return this.#firstDecisive(operands, name === 'or', { dot, variables, piped });
    }
    const values = operands.map((operand) => this.#operand(operand, dot, variables));
    // Literals and `.` are evaluated without a step.
    this.#meter.step(operands.length);
    if (piped) values.push(piped.value);
    return this.#apply(called, name, values, position);
  }

  /** `and` and `or` stop at the first decisive value; without one, they return the last value. */
  #firstDecisive(
    operands: readonly OperandNode[],
    decisive: boolean,
    { dot, variables, piped }: Call,
  ): Result {
    let last: Result;
    for (const operand of operands) {
      last = this.#operand(operand, dot, variables);
      if (isTrue(last) === decisive) return last;
    }
    return piped ? piped.value : last;
  }

  #apply(called: TemplateFunction, name: string, values: readonly Result[], position: Position): Result {
    const { strings = 0 } = called;
    const misfit = values.slice(0, strings).find((value) => typeof value !== 'string');
    if (values.slice(0, strings).some((value) => typeof value !== 'string')) {
      throw templateError(position, `wrong type for value; expected string; got ${typeName(misfit)}`);
    }
    try {
      return called.call(values, this.#meter);
    } catch (error) {
      if (error instanceof FunctionError)
        throw templateError(position, `error calling ${name}: ${error.message}`);
      throw error;
    }
  }
}

function undefinedVariable(position: Position, name: string): OllamaError {
  return templateError(position, `undefined variable ${JSON.stringify(name)}`);
}

function isField(node: OperandNode): boolean {
  return node.kind === 'variable' && node.fields.length > 0;
}
