import { expect, it } from 'vitest';
import { mutated } from '../../test/fakes/random/mutations.ts';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../test/scale.ts';
import { OllamaError } from '../base/errors.ts';
import { modelfileContents } from './contents.ts';
import { parseModelfile } from './parse.ts';
import { printModelfile } from './print.ts';

const FILES = rounds({ change: 1000, long: 10_000, nightly: 200_000 });
const TIMEOUT_MS = rounds({ change: 60_000, long: 300_000, nightly: 3_600_000 });
const SEED = seedFrom(77);

const whole = `# a comment
FROM ./model.gguf
ADAPTER ./adapter.gguf
TEMPLATE """{{ if .System }}<|system|>{{ .System }}{{ end }}
{{ .Prompt }}"""
SYSTEM "two
lines"
PARAMETER stop "<|end|>"
PARAMETER temperature 0.5
PARAMETER logit_bias {"5": -1}
LICENSE led by é漢👋
MESSAGE user hi
MESSAGE assistant """say "hi" """
REQUIRES 0.6.0
`;
const encodings = [
  Buffer.from(whole),
  Buffer.from(`\uFEFF${whole}`, 'utf16le'),
  Buffer.from(whole.replaceAll('\n', '\r\n')),
];

it(`${FILES} damaged Modelfiles are read or refused, and what is read can be printed (seed ${SEED})`, {
  timeout: TIMEOUT_MS,
}, () => {
  const random = seededRandom(SEED);
  const outcomes = { read: 0, refused: 0 };
  for (let round = 0; round < FILES; round += 1) {
    const bytes = mutated(encodings[round % encodings.length] ?? new Uint8Array(), random);
    try {
      const parsed = parseModelfile(bytes);
      expect(parseModelfile(printModelfile(parsed)), `seed ${SEED}, round ${round}`).toEqual(parsed);
      modelfileContents(parsed);
      outcomes.read += 1;
    } catch (error) {
      if (!(error instanceof OllamaError)) throw new Error(`seed ${SEED}, round ${round}`, { cause: error });
      outcomes.refused += 1;
    }
  }
  expect(outcomes.read).toBeGreaterThan(FILES / 20);
  expect(outcomes.refused).toBeGreaterThan(FILES / 20);
});
