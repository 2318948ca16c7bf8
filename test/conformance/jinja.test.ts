/** Our Jinja against Python's jinja2, in the mode that chat templates are written for. */
import { beforeAll, describe, expect, it } from 'vitest';
import { skipWithout } from '../fakes/prerequisites.ts';
import { hasPython, INSTALL_TIMEOUT_MS } from '../fakes/python-environment.ts';
import { seededRandom } from '../fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../scale.ts';
import { changes } from './jinja/cases/changes.ts';
import { generatedCases } from './jinja/cases/generated.ts';
import { written } from './jinja/cases/written.ts';
import { compareWithPython } from './jinja/compare.ts';

const CASES = rounds({ change: 800, long: 5000, nightly: 200_000 });
const TIMEOUT_MS = INSTALL_TIMEOUT_MS + rounds({ change: 60_000, long: 600_000, nightly: 3_600_000 });

describe('Jinja templates', () => {
  const seed = seedFrom(21);
  let isThere = false;
  beforeAll(async () => {
    isThere = await hasPython();
  });

  it('that use each feature once render as in Python', { timeout: TIMEOUT_MS }, async (context) => {
    if (!isThere) skipWithout('python3 with venv', context);
    const { same, rendered, differences } = await compareWithPython(written);
    expect(differences).toEqual([]);
    expect(same).toBe(written.length);
    expect(rendered).toBeGreaterThan(written.length / 2);
  });

  it(`made at random render as in Python, or fail on both sides (seed ${seed})`, {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    if (!isThere) skipWithout('python3 with venv', context);
    const { same, rendered, differences, allowed } = await compareWithPython(
      generatedCases(CASES, seededRandom(seed)),
    );
    expect(differences.slice(0, 10)).toEqual([]);
    expect(differences).toHaveLength(0);
    expect(allowed).toBe(0);
    expect(same).toBeGreaterThan(CASES * 0.95);
    expect(rendered).toBeGreaterThan(CASES * 0.4);
  });

  it('that change lists and mappings render here, and only here', {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    if (!isThere) skipWithout('python3 with venv', context);
    const { allowed, differences } = await compareWithPython(changes);
    expect(differences).toEqual([]);
    expect(allowed).toBe(changes.length);
  });
});
