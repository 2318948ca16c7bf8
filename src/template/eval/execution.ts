import { OverLimit, type WorkMeter } from '../../base/work-meter.ts';
import type { BranchNode, ListNode, StatementNode, TemplateNode } from '../ast.ts';
import { templateError } from '../errors.ts';
import type { TemplateFunction } from '../functions/function.ts';
import { contentOf, elementAt, isList, isMap, isTrue, type Result, sortedKeys, typeName } from '../kinds.ts';
import { MAX_TEMPLATE_DEPTH } from '../limits.ts';
import { printed } from '../print/print.ts';
import { Evaluator } from './evaluator.ts';
import { Variables } from './variables.ts';

/** How a list of statements ended. */
type Outcome = 'done' | 'break' | 'continue';

interface Place {
  readonly dot: Result;
  readonly variables: Variables;
  /** Number of enclosing templates. */
  readonly depth: number;
}

/** One execution of a template. */
export class Execution {
  readonly #definitions: ReadonlyMap<string, ListNode>;
  readonly #evaluator: Evaluator;
  readonly #meter: WorkMeter;
  #output: string[] = [];

  constructor(
    definitions: ReadonlyMap<string, ListNode>,
    functions: ReadonlyMap<string, TemplateFunction>,
    meter: WorkMeter,
  ) {
    this.#definitions = definitions;
    this.#meter = meter;
    this.#evaluator = new Evaluator(functions, meter);
  }

  /** @throws OllamaError `invalid-request`; its cause is an `OverLimit` when the meter stops the template */
  run(root: ListNode, data: Result): string {
    try {
      this.#list(root, { dot: data, variables: new Variables(data), depth: 0 });
    } catch (error) {
      if (error instanceof OverLimit) throw templateError(this.#evaluator.position, error.message, error);
      throw error;
    }
    return this.#output.join('');
  }

  #write(text: string): void {
    if (text !== '') this.#output.push(this.#meter.made(text));
  }

  #list({ nodes }: ListNode, place: Place): Outcome {
    for (const node of nodes) {
      const outcome = this.#statement(node, place);
      if (outcome !== 'done') return outcome;
    }
    return 'done';
  }

  #statement(node: StatementNode, place: Place): Outcome {
    this.#evaluator.step(node.position);
    switch (node.kind) {
      case 'text':
        this.#write(node.text);
        return 'done';
      case 'action': {
        const value = this.#evaluator.pipeline(node.pipe, place.dot, place.variables);
        if (node.pipe.declared.length === 0) this.#write(printed(value, this.#meter));
        return 'done';
      }
      case 'list':
        return this.#list(node, place);
      case 'template':
        this.#template(node, place);
        return 'done';
      case 'range':
        return this.#scoped(place, () => this.#range(node, place));
      case 'if':
      case 'with':
        return this.#scoped(place, () => this.#branch(node, place));
      default:
        return node.kind;
    }
  }

  /** Runs the function, then drops the variables that it declared. */
  #scoped(place: Place, run: () => Outcome): Outcome {
    const { size } = place.variables;
    const outcome = run();
    place.variables.drop(size);
    return outcome;
  }

  #branch({ kind, pipe, list, otherwise }: BranchNode, place: Place): Outcome {
    const value = this.#evaluator.pipeline(pipe, place.dot, place.variables);
    if (isTrue(value)) return this.#list(list, kind === 'with' ? { ...place, dot: value } : place);
    return otherwise ? this.#list(otherwise, place) : 'done';
  }

  #range(node: BranchNode, place: Place): Outcome {
    const value = contentOf(this.#evaluator.pipeline(node.pipe, place.dot, place.variables));
    let isEmpty = true;
    for (const [index, element] of this.#elements(node, value)) {
      isEmpty = false;
      this.#evaluator.step(node.position);
      const outcome = this.#scoped(place, () => {
        this.#declare(node, place.variables, index, element);
        return this.#list(node.list, { ...place, dot: element });
      });
      if (outcome === 'break') break;
    }
    return isEmpty && node.otherwise ? this.#list(node.otherwise, place) : 'done';
  }

  *#elements({ pipe, position }: BranchNode, value: Result): Generator<[Result, Result]> {
    if (value === null || value === undefined) return;
    if (typeof value === 'bigint') {
      if (pipe.declared.length > 1) {
        throw templateError(position, `can't use ${value} to iterate over more than one variable`);
      }
      for (let count = 0n; count < value; count++) yield [undefined, count];
    } else if (isList(value)) {
      for (let index = 0; index < value.length; index++) yield [BigInt(index), elementAt(value, index)];
    } else if (isMap(value)) {
      this.#meter.step(value.size);
      for (const key of sortedKeys(value)) yield [key, value.get(key) ?? null];
    } else {
      throw templateError(position, `range can't iterate over a value of type ${typeName(value)}`);
    }
  }

  /** A single variable is set to the element; of two, the first is set to the index. */
  #declare({ pipe }: BranchNode, variables: Variables, index: Result, element: Result): void {
    const [first, second] = pipe.declared;
    if (first === undefined) return;
    if (pipe.isAssignment) {
      variables.set(first, second === undefined ? element : index);
      if (second !== undefined) variables.set(second, element);
      return;
    }
    variables.setFromEnd(1, element);
    if (second !== undefined) variables.setFromEnd(2, index);
  }

  /** The only variable that a template sees is `$`, its own data. */
  #template({ name, pipe, position }: TemplateNode, place: Place): void {
    const list = this.#definitions.get(name);
    if (!list) throw templateError(position, `template ${JSON.stringify(name)} not defined`);
    const depth = place.depth + 1;
    if (depth > MAX_TEMPLATE_DEPTH) {
      throw templateError(position, `templates are nested more than ${MAX_TEMPLATE_DEPTH} levels deep`);
    }
    const dot = pipe && this.#evaluator.pipeline(pipe, place.dot, place.variables);
    this.#list(list, { dot, variables: new Variables(dot), depth });
  }
}
