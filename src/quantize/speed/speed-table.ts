/** How fast models of each type run, and what follows from it: which types are slow, and which one is best. */

/** Rates of one type; only the ratios to other types of the same table count. */
export interface TypeSpeed {
  /** Tokens per second of the answer. */
  readonly decode: number;
  /** Tokens per second of the prompt. */
  readonly prefill: number;
}

export interface SpeedTable {
  /** `measured` by `ollama bench --types` on this machine, or `known` from a processor with the same instructions. */
  readonly source: 'measured' | 'known';
  /** By the name of the type, as `show` prints it. */
  readonly speeds: ReadonlyMap<string, TypeSpeed>;
}

/** A faster type for a slow one. */
export interface FasterType {
  readonly name: string;
  /** How much faster it decodes and computes prompts: 2 = twice as fast. */
  readonly decodeGain: number;
  readonly prefillGain: number;
}

/** Tokens of the request by which types are compared: a prompt of some length and a short answer. */
const PROMPT_TOKENS = 512;
const ANSWER_TOKENS = 128;
/** A type is slow if another one answers in less than 1 / 1.25 of its time; less is not worth another download. */
const SLOW_FACTOR = 1.25;
/** Speeds this close are equal: each measurement varies by some 8 %. */
const TIE_FACTOR = 1.15;
/** Types with fewer bits answer visibly worse, so `auto` never chooses them. */
const FEWEST_AUTO_BITS = 4;
/** Above 8 bits, more bits do not improve answers. */
const MOST_BITS = 8;

/** Bits of a type's numbers as its name states them, at most 8: the measure of its quality. */
export function bitsOf(name: string): number {
  const digits = /\d+/.exec(name)?.[0];
  return Math.min(MOST_BITS, Number(digits ?? 0));
}

/** Types with a minimum, or with groups of blocks, represent weights more precisely than plain ones of the same bits. */
function precision(name: string): number {
  const extra = /_K|_1$|_NL$|_XS$/.test(name) ? 0.5 : 0;
  return bitsOf(name) + extra + (name.endsWith('_M') ? 0.1 : 0);
}

/** Seconds of the request by which types are compared, in the units of the table. */
function seconds({ decode, prefill }: TypeSpeed): number {
  return ANSWER_TOKENS / decode + PROMPT_TOKENS / prefill;
}

/**
 * A type that is clearly faster than this one without fewer bits.
 * @param name as `show` prints it, for example "Q4_1"
 * @returns undefined if the type is not slow, or not in the table
 */
export function fasterType(name: string, { speeds }: SpeedTable): FasterType | undefined {
  const own = speeds.get(name);
  if (!own) return undefined;
  const candidates = [...speeds].filter(([other]) => bitsOf(other) >= bitsOf(name) && !isFloat(other));
  const found = fewestBits(nearFastest(candidates));
  if (!found || seconds(own) < SLOW_FACTOR * seconds(found[1])) return undefined;
  const [faster, speed] = found;
  return { name: faster, decodeGain: speed.decode / own.decode, prefillGain: speed.prefill / own.prefill };
}

/** Whether both are in the table and the first answers clearly more slowly; never true of floating-point types. */
export function isSlowerThan(name: string, other: string, { speeds }: SpeedTable): boolean {
  const [own, faster] = [speeds.get(name), speeds.get(other)];
  return !!own && !!faster && !isFloat(name) && seconds(own) >= SLOW_FACTOR * seconds(faster);
}

/** The most precise of the fastest types with at least 4 bits; undefined for a table without such types. */
export function bestType({ speeds }: SpeedTable): string | undefined {
  const candidates = [...speeds].filter(([name]) => bitsOf(name) >= FEWEST_AUTO_BITS && !isFloat(name));
  const [best] = nearFastest(candidates).sort(([left], [right]) => precision(right) - precision(left));
  return best?.[0];
}

function isFloat(name: string): boolean {
  return /^B?F\d+$/.test(name);
}

type Entry = readonly [string, TypeSpeed];

function nearFastest(entries: readonly Entry[]): Entry[] {
  const limit = TIE_FACTOR * Math.min(...entries.map(([, speed]) => seconds(speed)));
  return entries.filter(([, speed]) => seconds(speed) <= limit);
}

function fewestBits(entries: readonly Entry[]): Entry | undefined {
  return [...entries].sort(([left], [right]) => precision(left) - precision(right))[0];
}
