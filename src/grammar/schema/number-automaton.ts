/** Builds an automaton that reads a decimal number digit by digit and compares it with two bounds. */
import type { Automaton, Spend, State } from '../automaton/automaton.ts';
import { single, union } from '../automaton/character-set.ts';

export interface Bound {
  readonly value: number;
  /** Whether the bound itself is excluded. */
  readonly exclusive: boolean;
}

export interface NumberRange {
  readonly lower?: Bound | undefined;
  readonly upper?: Bound | undefined;
  readonly integer: boolean;
}

/** Two decimals of at most 15 digits differ exactly when their doubles differ. */
const EXACT_DIGITS = 15;
/** Digits. A double rounds integers of more than 15 digits, but never past an inclusive bound. */
const LONGEST_INTEGER = 20;

const tenDigits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** What is written so far. `toLower` and `toUpper` compare its digits with the magnitude of each bound: -1, 0 or 1. */
interface Progress {
  readonly stage: 'start' | 'minus' | 'whole' | 'point' | 'fraction';
  readonly negative: boolean;
  readonly nonzero: boolean;
  /** Number of digits before the point; 0 after the point. */
  readonly length: number;
  /** Number of digits that may still follow. */
  readonly left: number;
  /** Number of digits after the point, while they still have to be compared with a bound; then 0. */
  readonly fraction: number;
  readonly toLower: number;
  readonly toUpper: number;
}

/** Accepts JSON numbers without an exponent, without "-0", and with at most 15 digits (20 for integers with inclusive bounds). */
export function numberAutomaton(range: NumberRange, spend: Spend): Automaton {
  const walk = new Walk(range);
  const progresses = [walk.start];
  const indexes = new Map<string, number>();
  const states: State[] = [];
  for (let index = 0; index < progresses.length; index++) {
    const progress = progresses[index] ?? walk.start;
    const characters = new Map<number, string[]>();
    for (const [character, next] of walk.steps(progress)) {
      const key = Object.values(next).join();
      const target = indexes.get(key) ?? progresses.push(next) - 1;
      indexes.set(key, target);
      characters.set(target, [...(characters.get(target) ?? []), character]);
    }
    spend(1 + characters.size);
    const edges = [...characters].map(([target, texts]) => ({
      set: union(texts.map((text) => single(text.charCodeAt(0)))),
      target,
    }));
    states.push({ accepting: walk.accepts(progress), edges });
  }
  return states;
}

class Walk {
  readonly start: Progress;
  readonly #range: NumberRange;
  readonly #lower: Decimal;
  readonly #upper: Decimal;

  constructor(range: NumberRange) {
    this.#range = range;
    this.#lower = decimalOf(range.lower?.value ?? 0);
    this.#upper = decimalOf(range.upper?.value ?? 0);
    const exact = !range.integer || range.lower?.exclusive || range.upper?.exclusive;
    const left = exact ? EXACT_DIGITS : LONGEST_INTEGER;
    const nothing = { negative: false, nonzero: false, length: 0, fraction: 0, toLower: 0, toUpper: 0 };
    this.start = { stage: 'start', left, ...nothing };
  }

  steps(progress: Progress): [string, Progress][] {
    const { stage, left, length, nonzero } = progress;
    switch (stage) {
      case 'start':
        return [['-', { ...progress, stage: 'minus', negative: true }], ...this.#wholeDigits(progress)];
      case 'minus':
        return this.#wholeDigits(progress);
      case 'whole': {
        const isLeadingZero = length === 1 && !nonzero;
        const digits = left > 0 && !isLeadingZero ? this.#wholeDigits(progress) : [];
        return left > 0 && !this.#range.integer ? [...digits, ['.', this.#point(progress)]] : digits;
      }
      case 'point':
        return this.#fractionDigits(progress);
      case 'fraction':
        return left > 0 ? this.#fractionDigits(progress) : [];
    }
  }

  accepts(progress: Progress): boolean {
    const { stage, negative, nonzero } = progress;
    if ((stage !== 'whole' && stage !== 'fraction') || (negative && !nonzero)) return false;
    const { lower, upper } = this.#range;
    return (
      (lower === undefined || this.#order(progress, 'toLower') > (lower.exclusive ? 0 : -1)) &&
      (upper === undefined || this.#order(progress, 'toUpper') < (upper.exclusive ? 0 : 1))
    );
  }

  /** Compares the number, as if it ended here, with a bound: -1, 0 or 1. */
  #order(progress: Progress, name: 'toLower' | 'toUpper'): number {
    const bound = name === 'toLower' ? this.#lower : this.#upper;
    if (!progress.nonzero) return -signOf(bound);
    const sign = progress.negative ? -1 : 1;
    if (sign !== signOf(bound)) return sign;
    const ended = progress.stage === 'whole' ? this.#point(progress) : progress;
    const isShorter = ended[name] === 0 && bound.fraction.length > ended.fraction;
    return isShorter ? -sign : sign * ended[name];
  }

  #wholeDigits(progress: Progress): [string, Progress][] {
    return tenDigits.map((digit) => [String(digit), this.#wholeDigit(progress, digit)]);
  }

  #fractionDigits(progress: Progress): [string, Progress][] {
    return tenDigits.map((digit) => [String(digit), this.#fractionDigit(progress, digit)]);
  }

  #wholeDigit(progress: Progress, digit: number): Progress {
    const { length, toLower, toUpper } = progress;
    const next = (compared: number, { whole }: Decimal) =>
      length < whole.length ? compared || Math.sign(digit - Number(whole[length])) : 1;
    return {
      ...progress,
      stage: 'whole',
      nonzero: progress.nonzero || digit > 0,
      length: length + 1,
      left: progress.left - 1,
      toLower: next(toLower, this.#lower),
      toUpper: next(toUpper, this.#upper),
    };
  }

  #point(progress: Progress): Progress {
    // A lone zero counts as no digits, because bounds below 1 have no whole digits either.
    const length = progress.nonzero ? progress.length : 0;
    const next = (compared: number, { whole }: Decimal) =>
      length === whole.length ? (length === 0 ? 0 : compared) : Math.sign(length - whole.length);
    const toLower = next(progress.toLower, this.#lower);
    const toUpper = next(progress.toUpper, this.#upper);
    return { ...progress, stage: 'point', length: 0, fraction: 0, toLower, toUpper };
  }

  #fractionDigit(progress: Progress, digit: number): Progress {
    const next = (compared: number, { fraction }: Decimal) =>
      compared || Math.sign(digit - Number(fraction[progress.fraction] ?? '0'));
    const toLower = next(progress.toLower, this.#lower);
    const toUpper = next(progress.toUpper, this.#upper);
    return {
      ...progress,
      stage: 'fraction',
      nonzero: progress.nonzero || digit > 0,
      left: progress.left - 1,
      fraction: toLower !== 0 && toUpper !== 0 ? 0 : progress.fraction + 1,
      toLower,
      toUpper,
    };
  }
}

function signOf({ negative, whole, fraction }: Decimal): number {
  if (whole === '' && fraction === '') return 0;
  return negative ? -1 : 1;
}

/** A finite double as exact decimal digits, as JavaScript prints it. */
export interface Decimal {
  readonly negative: boolean;
  /** Without leading zeros; empty for a magnitude below 1. */
  readonly whole: string;
  /** Without trailing zeros. */
  readonly fraction: string;
}

export function decimalOf(value: number): Decimal {
  const [, sign, first = '', rest = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const shift = Number(exponent);
  const padded = shift < 0 ? '0'.repeat(-shift) + first + rest : first + rest.padEnd(shift, '0');
  const point = shift < 0 ? first.length : first.length + shift;
  return {
    negative: sign === '-' && value !== 0,
    whole: padded.slice(0, point).replace(/^0+/, ''),
    fraction: padded.slice(point).replace(/0+$/, ''),
  };
}
