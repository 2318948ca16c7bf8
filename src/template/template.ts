import type { ListNode } from './ast.ts';
import { Execution } from './eval/execution.ts';
import { fieldNames } from './field-names.ts';
import { createFunctions } from './functions/builtins.ts';
import type { TemplateFunction } from './functions/function.ts';
import { type ParsedTemplate, parseTemplate } from './parse/parser.ts';
import type { GoValue } from './value.ts';

interface TemplateOptions {
  /** For `currentDate`. */
  readonly now?: () => Date;
}

/** A Go template (https://pkg.go.dev/text/template) with the functions that Ollama adds. */
export class GoTemplate {
  readonly root: ListNode;
  /** What `define` and `block` define, by name. */
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

  /** The same template with another main part. */
  withRoot(root: ListNode): GoTemplate {
    return new GoTemplate({ root, definitions: this.definitions }, this.#functions);
  }

  /** @throws OllamaError `invalid-request` for a field that is not there, wrong arguments, and beyond the limits */
  execute(data: GoValue): string {
    return new Execution(this.definitions, this.#functions).run(this.root, data);
  }

  /** The fields and variables that are mentioned anywhere, in lower case. */
  get fieldNames(): Set<string> {
    return fieldNames([this.root, ...this.definitions.values()]);
  }
}
