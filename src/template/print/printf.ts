/** Go's fmt.Sprintf for the values of templates. */
import type { WorkMeter } from '../../base/work-meter.ts';
import { type Result, typeName } from '../kinds.ts';
import { joined } from './joined.ts';
import type { VerbFlags } from './padding.ts';
import { plain } from './print.ts';
import { formatVerb } from './verbs.ts';

/** Larger widths and precisions are mistakes, and Go refuses them too. */
const MAX_WIDTH = 1_000_000;

const directive =
  /%(?<flags>[-+# 0]*)(?<width>(?:\[\d+\])?\*|\d+)?(?:(?<point>\.)(?<precision>(?:\[\d+\])?\*|\d*))?(?<index>\[\d+\])?(?<verb>[\s\S])?/uy;

type Directive = Readonly<Record<string, string | undefined>>;

/** @throws OverLimit */
export function sprintf(format: string, values: readonly Result[], meter: WorkMeter): string {
  return new Formatter(format, values, meter).run();
}

class Formatter {
  readonly #format: string;
  readonly #values: readonly Result[];
  readonly #meter: WorkMeter;
  #next = 0;
  #isReordered = false;

  constructor(format: string, values: readonly Result[], meter: WorkMeter) {
    this.#format = format;
    this.#values = values;
    this.#meter = meter;
  }

  run(): string {
    const output: string[] = [];
    const add = (text: string) => output.push(this.#meter.made(text));
    let at = 0;
    while (at < this.#format.length) {
      const percent = this.#format.indexOf('%', at);
      if (percent < 0) {
        add(this.#format.slice(at));
        break;
      }
      add(this.#format.slice(at, percent));
      directive.lastIndex = percent;
      const match = directive.exec(this.#format);
      add(this.#directive(match?.groups ?? {}));
      this.#meter.step();
      at = directive.lastIndex > percent ? directive.lastIndex : percent + 1;
    }
    add(this.#extra());
    return output.join('');
  }

  #directive(groups: Directive): string {
    const problems: string[] = [];
    const settings = this.#settings(groups, problems);
    return problems.join('') + this.#verb(groups, settings);
  }

  #settings(
    { flags = '', verb, width: wide, point, precision: precise }: Directive,
    problems: string[],
  ): VerbFlags {
    const width = this.#number(wide, 'BADWIDTH', problems);
    const left = flags.includes('-') || (width ?? 0) < 0;
    let precision = point === undefined ? undefined : this.#number(precise || '0', 'BADPREC', problems);
    if (precision !== undefined && precision < 0) {
      precision = undefined;
      problems.push('%!(BADPREC)');
    }
    return {
      // With `v`, a plus asks for the names of fields instead.
      plus: flags.includes('+') && verb !== 'v',
      sharp: flags.includes('#'),
      space: flags.includes(' '),
      zero: flags.includes('0') && !left,
      left,
      width: width === undefined ? undefined : Math.abs(width),
      precision,
    };
  }

  #verb({ index, verb }: Directive, settings: VerbFlags): string {
    const isKnown = index === undefined || this.#select(index);
    if (verb === undefined) return '%!(NOVERB)';
    if (!isKnown) return `%!${verb}(BADINDEX)`;
    if (verb === '%') return '%';
    if (this.#next >= this.#values.length) return `%!${verb}(MISSING)`;
    return formatVerb(verb, this.#values[this.#next++], settings, this.#meter);
  }

  /** The written number, or the next value for `*`. */
  #number(text: string | undefined, problem: string, problems: string[]): number | undefined {
    if (text === undefined) return undefined;
    if (!text.endsWith('*')) return bounded(Number(text), problem, problems);
    if (text.length > 1) this.#select(text.slice(0, -1));
    const value = this.#values[this.#next++];
    if (typeof value === 'bigint') return bounded(Number(value), problem, problems);
    problems.push(`%!(${problem})`);
    return undefined;
  }

  /** `[n]`: continues with the n-th value. @returns whether it exists */
  #select(index: string): boolean {
    this.#isReordered = true;
    const place = Number(index.slice(1, -1));
    if (place < 1 || place > this.#values.length) return false;
    this.#next = place - 1;
    return true;
  }

  #extra(): string {
    if (this.#isReordered || this.#next >= this.#values.length) return '';
    const described = this.#values.slice(this.#next).map((value) => {
      return value === null || value === undefined
        ? '<nil>'
        : `${typeName(value)}=${plain(value, this.#meter)}`;
    });
    return `%!(EXTRA ${joined(described, ', ', this.#meter)})`;
  }
}

function bounded(value: number, problem: string, problems: string[]): number | undefined {
  if (Math.abs(value) <= MAX_WIDTH) return value;
  problems.push(`%!(${problem})`);
  return undefined;
}
