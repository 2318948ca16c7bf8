import { type OptionName, type OptionRule, optionRules } from '../../../src/api/options/option-table.ts';
import { seededRandom } from './seeded-random.ts';

export interface RandomRequest {
  readonly prompt: string;
  readonly raw: boolean;
  readonly context?: readonly number[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** Options that are fixed when a model is loaded; other values need another runner. */
const loadOptions: readonly OptionName[] = [
  'num_ctx',
  'num_batch',
  'num_gpu',
  'num_cpu_moe',
  'main_gpu',
  'use_mmap',
  'use_mlock',
  'num_thread',
  'adapter_scale',
];
/** Maximum number of tokens to wait for. */
const MAX_TOKENS = 6;

const strange: readonly unknown[] = [
  'NaN',
  '-Infinity',
  '',
  '0',
  true,
  false,
  [],
  {},
  [null],
  { a: { b: 1 } },
  1e308,
  -1e308,
  1e-320,
  -0,
  2 ** 53,
  -(2 ** 31),
  0.1 + 0.2,
];

const grammars: readonly string[] = [
  'root ::= [a-z]+',
  'root ::= "yes" | "no"',
  'root ::= "" | root2\nroot2 ::= "é" [0-9]{1,3}',
  'root ::= (',
  'root ::= "a"{3,1}',
  'root ::= root',
  'root ::= .',
  'root ::= <[999999]>',
  'root ::= [^\\x00-\\U0010FFFF]',
  '::=',
];

const texts: readonly string[] = [
  'hello',
  ' the',
  '\n',
  '😀',
  '\ud800',
  'e\u0301',
  '\u0000',
  '<|im_end|>',
  '<|im_start|>user\n',
  '\u202e',
  'ﷺ',
  'a'.repeat(200),
  '١٢٣',
  '\t\r\n',
  '}{"',
];

/**
 * An endless sequence of requests, always the same for the same seed. They have options of any name, with values that
 * may or may not make sense.
 */
export function* randomRequests(seed: number, vocabularySize: number): Generator<RandomRequest, never> {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(values: readonly T[]): T => {
    const value = values[below(values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  };
  const some = <T>(most: number, make: () => T): T[] => Array.from({ length: below(most + 1) }, make);
  const names = Object.keys(optionRules).filter((name) => !loadOptions.some((option) => option === name));
  const token = () => below(random() < 0.02 ? 2 * vocabularySize : vocabularySize);
  const text = () => some(4, () => pick(texts)).join('');

  const numberFor = ({ type, minimum = 0, maximum = 1 }: OptionRule): number => {
    if (random() < 0.3) return pick([minimum, maximum]);
    if (random() < 0.15) return pick([minimum - 1, maximum * 2 + 1, 0, 1]);
    // Small values are the ones that matter.
    const value = minimum + (maximum - minimum) * random() ** pick([1, 4, 16]);
    return type === 'integer' ? Math.round(value) : value;
  };
  const biases = (): unknown => {
    const bias = () => pick([1, -5, 1000, -1000, 0.5, false, 2000, true] as const);
    return random() < 0.5
      ? Object.fromEntries(some(5, () => [random() < 0.5 ? String(token()) : text(), bias()]))
      : some(5, () => [random() < 0.5 ? token() : text(), bias()]);
  };
  const valueFor = (rule: OptionRule): unknown => {
    if (random() < 0.1) return pick(strange);
    switch (rule.type) {
      case 'boolean':
        return random() < 0.5;
      case 'text':
        return pick(grammars);
      case 'strings':
        return some(3, text);
      case 'logit-bias':
        return biases();
      default:
        return numberFor(rule);
    }
  };
  const options = (): Record<string, unknown> => {
    const chosen = some(8, () => pick(names));
    const values = chosen.map((name) => [name, valueFor(optionRules[name as OptionName])]);
    return { num_predict: 1 + below(MAX_TOKENS), ...Object.fromEntries(values) };
  };
  for (;;) {
    const withContext = random() < 0.3;
    yield {
      prompt: `${text()}x`,
      raw: !withContext && random() < 0.7,
      ...(withContext && { context: some(40, token) }),
      options: options(),
    };
  }
}
