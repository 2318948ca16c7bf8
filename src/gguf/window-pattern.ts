/**
 * Which layers only see a sliding window. Files seldom state it; llama.cpp derives it from the architecture
 * (`load_swa_pattern` in its src/models). Because all layers cache the whole context, it only affects masks and head
 * lengths.
 */
interface WindowPattern {
  /** The last layer of each group of this size sees the whole context. */
  readonly period: number;
  /** The first layer of the group sees it instead. */
  readonly isDenseFirst?: boolean;
  /** The model has a window even if the file does not state its size. */
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
