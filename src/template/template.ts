import type { WorkMeter } from '../base/work-meter.ts';
import type { ListNode } from './ast.ts';
import { Execution } from './eval/execution.ts';
import { fieldNames } from './field-names.ts';
import { createFunctions } from './functions/builtins.ts';
import type { TemplateFunction } from './functions/function.ts';
import { executionMeter } from './limits.ts';
import { type ParsedTemplate, parseTemplate } from './parse/parser.ts';
import type { GoValue } from './value.ts';

interface TemplateOptions {
  /** The clock of `currentDate` and `yesterdayDate`. */
  readonly now?: () => Date;
}

/** A Go template (https://pkg.go.dev/text/template) with the functions that Ollama adds. */
export class GoTemplate {
  readonly root: ListNode;
  /** The templates that `define` and `block` define, by name. */
  readonly definitions: ReadonlyMap<string, ListNode>;
  readonly #functions: ReadonlyMap<string, TemplateFunction>;

  private constructor(parsed: ParsedTemplate, functions: ReadonlyMap<string, TemplateFunction>) {
    this.root = parsed.root;
    this.definitions = parsed.definitions;
    this.#functions = functions;
  }

  /** @throws OllamaError `invalid-request` naming line and column */
  static parse(text: string, { now = () => new Date() }: TemplateOptions = {}): GoTemplate {
    const functions = createFunctions(now);
    return new GoTemplate(
      parseTemplate(text, (name) => functions.has(name)),
      functions,
    );
  }

  /** The same template with a different root. */
  withRoot(root: ListNode): GoTemplate {
    return new GoTemplate({ root, definitions: this.definitions }, this.#functions);
  }

  /**
   * @param meter counts the work of several executions together
   * @throws OllamaError `invalid-request` for missing fields, wrong arguments, and exceeded limits
   */
  execute(data: GoValue, meter: WorkMeter = executionMeter()): string {
    return new Execution(this.definitions, this.#functions, meter).run(this.root, data);
  }

  /** The names of all fields and variables that the template uses, in lower case. */
  get fieldNames(): Set<string> {
    return fieldNames([this.root, ...this.definitions.values()]);
  }
}
