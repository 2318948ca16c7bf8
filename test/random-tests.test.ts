/** `npm run test:long` repeats what uses test/scale.ts; a test that it does not find would repeat there no more often. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { findRandomTests } from '../scripts/test/random-tests.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

it('finds tests that repeat by scale, themselves or through a helper, wherever they are', () => {
  const found = findRandomTests(root);
  expect(found).toEqual(
    expect.arrayContaining([
      'src/chat/families/every-parser.test.ts',
      'src/server/random-bodies.test.ts',
      'test/conformance/go-template.test.ts',
      'test/e2e/model/fuzzed-options.test.ts',
      'test/simulation/random-schedules.test.ts',
    ]),
  );
  expect(found.filter((path) => !path.endsWith('.test.ts'))).toEqual([]);
  expect(found.filter((path) => /^test\/(e2e\/(waiting|clients|exact|long)|attack)\//.test(path))).toEqual(
    [],
  );
});
