import { Environment } from '@huggingface/jinja';
import { messageOf, OllamaError } from '../../base/errors.ts';
import type { TimeLimit } from '../../base/time-limit.ts';
import { KIB, MIB } from '../../base/units.ts';
import { OverLimit, WorkMeter } from '../../base/work-meter.ts';
import { BoundedInterpreter } from './bounded-interpreter.ts';
import { type JinjaProgram, parseJinja } from './jinja-syntax.ts';
import { ELEMENT_BYTES, OperationCosts } from './operation-costs.ts';
import { isList, isText, type JinjaFunction, type JinjaValue } from './runtime-values.ts';
import { formatTime } from './strftime.ts';

/** Characters; real templates stay below 20 KiB. */
const MAX_TEMPLATE_LENGTH = 256 * KIB;
/** Templates use `range` to count messages, so it need not exceed the maximum number of messages. */
const MAX_RANGE = 1_000_000;
/** Evaluated nodes and what they read, in units of `WorkMeter`: more than fits into the time limit. */
const MAX_STEPS = 20_000_000;
/**
 * Bytes of all texts and lists that one rendering makes, with two bytes per character. A prompt of a million tokens has about four
 * million characters, and each level of nested blocks makes them again.
 */
const MAX_TEXT_BYTES = 128 * MIB;
/** Characters of a text that a template gives to `raise_exception` or `strftime_now`; more is a mistake. */
const MAX_ARGUMENT_LENGTH = 2000;

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
  readonly #program: JinjaProgram;
  readonly #timeLimit: TimeLimit;
  readonly #now: () => Date;
  readonly #createMeter: () => WorkMeter;

  /** @throws OllamaError `invalid-request` with line and column for invalid syntax, `internal` when parsing takes too long */
  constructor(text: string, options: JinjaOptions) {
    this.#timeLimit = options.timeLimit;
    this.#now = options.now ?? (() => new Date());
    this.#createMeter = options.createMeter ?? (() => renderMeter(options.timeLimit.limitMs));
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
   * fails, takes too long or makes too much
   */
  render(variables: Readonly<Record<string, unknown>>): string {
    return guard(() =>
      this.#timeLimit.run(() => {
        const meter = this.#createMeter();
        const environment = createEnvironment(variables, meter, this.#now);
        return String(new BoundedInterpreter(environment, meter).run(this.#program).value);
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

function createEnvironment(
  variables: Readonly<Record<string, unknown>>,
  meter: WorkMeter,
  now: () => Date,
): Environment {
  const environment = new Environment();
  boundNamespace(environment, meter);
  const globals = {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    range: (first: number, second?: number | null, step?: number) => boundedRange(meter, first, second, step),
    raise_exception: (message: unknown) => {
      throw new OllamaError(
        'invalid-request',
        `the model's chat template refuses this request: ${argument(message)}`,
      );
    },
    strftime_now: (format: unknown) => formatTime(argument(format), now()),
    ...variables,
  };
  for (const [name, value] of Object.entries(globals)) environment.set(name, value);
  return environment;
}

/** The beginning of a text that a template passes to one of our functions. */
function argument(value: unknown): string {
  return Array.isArray(value) ? '[…]' : String(value).slice(0, MAX_ARGUMENT_LENGTH);
}

/** Python's `range`. */
function boundedRange(meter: WorkMeter, first: number, second?: number | null, step: number = 1): number[] {
  const [start, stop] = typeof second === 'number' ? [first, second] : [0, first];
  const length = Math.max(Math.ceil((stop - start) / step), 0);
  if (!(length <= MAX_RANGE)) throw new OverLimit(`range() of more than ${MAX_RANGE} numbers`);
  meter.step(length);
  meter.allocate(length * ELEMENT_BYTES);
  return Array.from({ length }, (_, index) => start + index * step);
}

/** `namespace` takes pairs, and splits texts into characters in order to see whether they are pairs. */
function boundNamespace(environment: Environment, meter: WorkMeter): void {
  const namespace: JinjaValue | undefined = environment.variables.get('namespace');
  if (!namespace) return;
  const create = namespace.value as JinjaFunction;
  namespace.value = ((values, scope) => {
    const costs = new OperationCosts(meter);
    const [source] = values;
    if (isList(source)) for (const pair of source.value) if (isText(pair)) costs.beforeCharacters(pair.value);
    const created = create(values, scope);
    costs.made(created);
    return created;
  }) satisfies JinjaFunction;
}
