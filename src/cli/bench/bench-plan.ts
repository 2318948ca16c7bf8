import { OllamaError } from '../../base/errors.ts';
import { type Flag, type FlagValues, textFlag } from '../command.ts';

export interface BenchPlan {
  /** Approximate, because prompts are built from a number of words. */
  readonly promptTokens: number;
  readonly tokens: number;
  readonly repeat: number;
  readonly parallel: number;
}

interface Count {
  readonly flag: string;
  readonly default: number;
  readonly max: number;
  readonly help: string;
}

const counts: Readonly<Record<keyof BenchPlan, Count>> = {
  // Far more than any model's context.
  promptTokens: {
    flag: 'prompt-tokens',
    default: 512,
    max: 1_000_000,
    help: 'Approximate number of tokens per prompt',
  },
  tokens: { flag: 'tokens', default: 128, max: 100_000, help: 'Number of tokens per answer' },
  repeat: { flag: 'repeat', default: 3, max: 1000, help: 'Number of runs; the median is reported' },
  // The maximum number of sequences in one context.
  parallel: {
    flag: 'parallel',
    default: 4,
    max: 256,
    help: 'Number of parallel streams to measure, in addition to a single one',
  },
};

export const benchFlags: Readonly<Record<string, Flag>> = Object.fromEntries(
  Object.values(counts).map(({ flag, help, default: value }) => [
    flag,
    { type: 'string', placeholder: 'int', help: `${help} (default ${value})` },
  ]),
);

/** @throws OllamaError `invalid-request` that names the flag */
export function readPlan(flags: FlagValues): BenchPlan {
  const read = ({ flag, default: value, max }: Count): number => {
    const text = textFlag(flags, flag);
    if (text === undefined) return value;
    const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (count >= 1 && count <= max) return count;
    throw new OllamaError('invalid-request', `--${flag} must be a number from 1 to ${max}, not "${text}"`);
  };
  return {
    promptTokens: read(counts.promptTokens),
    tokens: read(counts.tokens),
    repeat: read(counts.repeat),
    parallel: read(counts.parallel),
  };
}
