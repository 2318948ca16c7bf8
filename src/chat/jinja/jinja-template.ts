import { Environment, Interpreter } from '@huggingface/jinja';
import { messageOf, OllamaError } from '../../base/errors.ts';
import type { TimeLimit } from '../../base/time-limit.ts';
import { KIB } from '../../base/units.ts';
import { type JinjaProgram, parseJinja } from './jinja-syntax.ts';
import { formatTime } from './strftime.ts';

/** Characters; real templates stay below 20 KiB. */
const MAX_TEMPLATE_LENGTH = 256 * KIB;
/** Templates use `range` to count messages, so it need not exceed the maximum number of messages. */
const MAX_RANGE = 1_000_000;

/** A compiled Jinja chat template. */
export class JinjaTemplate {
  readonly #program: JinjaProgram;
  readonly #timeLimit: TimeLimit;
  readonly #now: () => Date;

  /** @throws OllamaError `invalid-request` with line and column for invalid syntax, `internal` when parsing takes too long */
  constructor(text: string, options: { timeLimit: TimeLimit; now?: () => Date }) {
    this.#timeLimit = options.timeLimit;
    this.#now = options.now ?? (() => new Date());
    if (text.length > MAX_TEMPLATE_LENGTH) {
      throw new OllamaError(
        'invalid-request',
        `it has ${text.length} characters; the maximum is ${MAX_TEMPLATE_LENGTH}`,
      );
    }
    this.#program = guard(() => this.#timeLimit.run(() => parseJinja(text)));
  }

  /**
   * @throws OllamaError `invalid-request` with the template's own message when it refuses the messages, `internal` when it
   * fails or takes too long
   */
  render(variables: Readonly<Record<string, unknown>>): string {
    return guard(() =>
      this.#timeLimit.run(() => {
        const environment = createEnvironment(variables, this.#now);
        const result: { value: unknown } = new Interpreter(environment).run(this.#program);
        return String(result.value);
      }),
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

function createEnvironment(variables: Readonly<Record<string, unknown>>, now: () => Date): Environment {
  const environment = new Environment();
  const globals = {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    range: boundedRange,
    raise_exception: (message: unknown) => {
      throw new OllamaError('invalid-request', `the model's chat template refuses this request: ${message}`);
    },
    strftime_now: (format: unknown) => formatTime(String(format), now()),
    ...variables,
  };
  for (const [name, value] of Object.entries(globals)) environment.set(name, value);
  return environment;
}

/** Python's `range`. */
function boundedRange(first: number, second?: number | null, step: number = 1): number[] {
  const [start, stop] = typeof second === 'number' ? [first, second] : [0, first];
  const length = Math.max(Math.ceil((stop - start) / step), 0);
  if (!(length <= MAX_RANGE)) throw new Error(`range() of more than ${MAX_RANGE} numbers`);
  return Array.from({ length }, (_, index) => start + index * step);
}
