import { messageOf, OllamaError } from '../../base/errors.ts';
import type { TimeLimit } from '../../base/time-limit.ts';
import { MIB } from '../../base/units.ts';
import { WorkMeter } from '../../base/work-meter.ts';
import { Jinja } from '../../jinja/template.ts';

/** Evaluated nodes and what they read, in units of `WorkMeter`: more than fits into the time limit. */
const MAX_STEPS = 20_000_000;
/**
 * Bytes of all texts and lists that one rendering makes, with two bytes per character. A prompt of a million tokens has about four
 * million characters, and each level of nested blocks makes them again.
 */
const MAX_TEXT_BYTES = 128 * MIB;

interface JinjaOptions {
  /** Interrupts what the meter does not see. */
  readonly timeLimit: TimeLimit;
  readonly now?: () => Date;
  /** Makes the meter of a rendering. */
  readonly createMeter?: () => WorkMeter;
}

function renderMeter(milliseconds: number): WorkMeter {
  return new WorkMeter({ steps: MAX_STEPS, bytes: MAX_TEXT_BYTES, milliseconds });
}

/** A compiled Jinja chat template. */
export class JinjaTemplate {
  readonly #template: Jinja;
  readonly #timeLimit: TimeLimit;
  readonly #now: () => Date;
  readonly #createMeter: () => WorkMeter;

  /** @throws OllamaError `invalid-request` with line and column for invalid syntax, `internal` when parsing takes too long */
  constructor(text: string, options: JinjaOptions) {
    this.#timeLimit = options.timeLimit;
    this.#now = options.now ?? (() => new Date());
    this.#createMeter = options.createMeter ?? (() => renderMeter(options.timeLimit.limitMs));
    this.#template = guard(() => this.#timeLimit.run(() => Jinja.parse(text)));
  }

  /**
   * @throws OllamaError `invalid-request` with the template's own message when it refuses the messages, `internal` when it
   * fails, takes too long or makes too much
   */
  render(variables: Readonly<Record<string, unknown>>): string {
    return guard(() =>
      this.#timeLimit.run(() => this.#template.render(variables, this.#createMeter(), this.#now)),
    );
  }
}

function guard<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof OllamaError) throw error;
    throw new OllamaError('internal', `chat template failed: ${messageOf(error)}`, { cause: error });
  }
}
