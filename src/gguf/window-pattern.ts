/**
 * Which layers see a sliding window only. Files seldom say; llama.cpp knows it by architecture (`load_swa_pattern` in
 * its src/models). With the whole context cached for all layers it decides only about masks and lengths of heads.
 */
interface WindowPattern {
  /** The last of so many layers sees everything. */
  readonly period: number;
  /** The first one instead. */
  readonly isDenseFirst?: boolean;
  /** Has a window also where the file names none. */
  readonly isFixed?: boolean;
}

const patterns: Readonly<Record<string, WindowPattern>> = {
  afmoe: { period: 4 },
  cohere2: { period: 4, isFixed: true },
  exaone4: { period: 4 },
  gemma2: { period: 2, isFixed: true },
  gemma3: { period: 6 },
  gemma3n: { period: 5, isFixed: true },
  'gpt-oss': { period: 2, isFixed: true },
  llama4: { period: 4, isFixed: true },
  mellum: { period: 4 },
  olmo2: { period: 4 },
  plamo3: { period: 8 },
  smallthinker: { period: 4, isDenseFirst: true },
};

export interface WindowMetadata {
  readonly architecture: string;
  readonly number: (key: string) => number | undefined;
  readonly numbers: (key: string) => readonly number[];
}

export function isWindowed({ architecture, number, numbers }: WindowMetadata, block: number): boolean {
  const named = numbers('attention.sliding_window_pattern');
  const window = number('attention.sliding_window') ?? 0;
  if (named.length > 1) return window > 0 && named[block] === 1;
  const pattern = patterns[architecture];
  if (!pattern || (window === 0 && !pattern.isFixed)) return false;
  const period = named[0] ?? pattern.period;
  const place = block % Math.max(1, period);
  return pattern.isDenseFirst ? place !== 0 : place < period - 1;
}
