/** Random Jinja templates of any size, well formed or not: each gives a text or an OllamaError within the limits. */
import { describe, expect, it } from 'vitest';
import { randomJinja } from '../../../test/fakes/random/jinja/random-jinja.ts';
import { jinjaVariables } from '../../../test/fakes/random/jinja/variables.ts';
import { mutated } from '../../../test/fakes/random/mutated.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../../test/scale.ts';
import { OllamaError } from '../../base/errors.ts';
import { TimeLimit } from '../../base/time-limit.ts';
import { WorkMeter } from '../../base/work-meter.ts';
import { JinjaTemplate } from './jinja-template.ts';

const TEMPLATES = rounds({ change: 300, long: 10_000, nightly: 200_000 });
const TIMEOUT_MS = rounds({ change: 60_000, long: 600_000, nightly: 3_600_000 });
/** For one template, on a busy machine; the meter ends it after some milliseconds. */
const LONGEST_RENDER_MS = 10_000;

const limits = { steps: 20_000, bytes: 2 ** 21, milliseconds: Number.POSITIVE_INFINITY };
const timeLimit = new TimeLimit(LONGEST_RENDER_MS);

const start = "{% set ns = namespace(a='a', b=1) %}";

describe('random Jinja templates', () => {
  const seed = seedFrom(11);

  it(`of any size end with a text or an OllamaError (seed ${seed})`, { timeout: TIMEOUT_MS }, () => {
    const random = seededRandom(seed);
    const variables = jinjaVariables(2000);
    const stops = new Map<string, number>();
    for (let count = 0; count < TEMPLATES; count++) {
      const made = start + randomJinja({ random, isWild: true });
      const text = count % 3 === 2 ? mutated(made, random) : made;
      try {
        expect(typeof render(text, variables, limits)).toBe('string');
      } catch (error) {
        expect(error, text).toBeInstanceOf(OllamaError);
        const message = String(error);
        expect(message, text).not.toContain('timed out');
        const [stop] = /more than \d+ (?:steps|MiB)/.exec(message) ?? [];
        if (stop !== undefined) stops.set(stop, (stops.get(stop) ?? 0) + 1);
      }
    }
    expect(stops.get('more than 20000 steps')).toBeGreaterThan(TEMPLATES / 100);
    expect(stops.get('more than 2 MiB')).toBeGreaterThan(TEMPLATES / 100);
  });
});

function render(
  text: string,
  variables: Record<string, unknown>,
  allowed: ConstructorParameters<typeof WorkMeter>[0],
): string {
  return new JinjaTemplate(text, { timeLimit, createMeter: () => new WorkMeter(allowed) }).render(variables);
}
