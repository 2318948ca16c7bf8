import type { WorkMeter } from '../base/work-meter.ts';
import { StatementCompiler } from './compile/statement-compiler.ts';
import { JinjaError, positionText } from './errors.ts';
import { normalized } from './parse/lexer.ts';
import { parseTemplate } from './parse/parser.ts';
import { type Execute, Frame } from './render/frame.ts';
import { RenderState } from './render/render-state.ts';

/**
 * A Jinja template as Hugging Face's transformers render it: jinja2's sandbox with `trim_blocks`, `lstrip_blocks`, loop controls and the
 * tag `generation`.
 */
export class Jinja {
  readonly #source: string;
  readonly #size: () => number;
  readonly #run: Execute;

  private constructor(source: string, program: { size: () => number; run: Execute }) {
    this.#source = source;
    this.#size = program.size;
    this.#run = program.run;
  }

  /** @throws OllamaError `invalid-request` with the line and column of the tag that is not valid */
  static parse(text: string): Jinja {
    const source = normalized(text);
    const program = new StatementCompiler(source).program(parseTemplate(source));
    return new Jinja(source, program);
  }

  /**
   * @param given the variables, as JSON has them
   * @param now the clock of `strftime_now`
   * @throws JinjaError with the line and column of the tag that fails
   * @throws OllamaError `invalid-request` from `raise_exception`
   * @throws OverLimit when the meter stops it
   */
  render(
    given: Readonly<Record<string, unknown>>,
    meter: WorkMeter,
    now: () => Date = () => new Date(),
  ): string {
    const state = new RenderState({ given, meter, now });
    const frame = new Frame(this.#size(), state);
    try {
      this.#run(frame);
    } catch (error) {
      if (!(error instanceof JinjaError)) throw error;
      throw new JinjaError(`${positionText(this.#source, state.offset)}: ${error.message}`, { cause: error });
    }
    return frame.out;
  }
}
