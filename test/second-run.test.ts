/** Which failures of `npm test` are tried once more, and that nothing else is forgiven. */
import { expect, it } from 'vitest';
import { filesToRepeat, forgive, type StepResult } from '../scripts/test/second-run.mjs';

const failed = (path: string, title = 'a test') => ({ name: `${path} > ${title}`, path, reason: 'Timeout' });
const result = (name: string, ...paths: string[]): StepResult => ({
  name,
  failures: paths.map((path) => failed(path)),
  counts: { passed: 10, failed: paths.length, skipped: 0 },
});
const browser = 'test/e2e/browser/chat.test.ts';
const soak = 'test/e2e/long/soak.test.ts';
const random = 'test/e2e/model/fuzzed-options.test.ts';
const filesOf = (...results: StepResult[]) => filesToRepeat(results, [random]).map(({ files }) => files);

it('runs the files of a few failed end-to-end tests again', () => {
  expect(filesOf(result('browser', browser, browser), result('long', soak), result('wire'))).toEqual([
    [browser],
    [soak],
  ]);
});

it('runs nothing again that other programs do not disturb, that found a random case, or that fails everywhere', () => {
  expect(filesOf(result('unit', 'src/base/units.test.ts'))).toEqual([]);
  expect(filesOf(result('model', random, 'test/e2e/model/media.test.ts'))).toEqual([]);
  expect(filesOf(result('wire', 'a.test.ts', 'b.test.ts'), result('long', 'c.test.ts', 'd.test.ts'))).toEqual(
    [],
  );
  const crashed = { ...result('wire'), failures: [{ name: 'step wire', reason: '' }] };
  expect(filesToRepeat([crashed], [])).toEqual([]);
});

it('forgives what passes then, and counts it', () => {
  const first = { ...result('browser'), failures: [failed(browser, 'one'), failed(browser, 'two')] };
  first.counts.failed = 2;
  const second = { ...result('browser-again'), failures: [failed(browser, 'two')] };
  expect(forgive(first, second).map(({ name }) => name)).toEqual([`${browser} > one`]);
  expect(first.failures.map(({ name }) => name)).toEqual([`${browser} > two`]);
  expect(first.counts).toEqual({ passed: 11, failed: 1, skipped: 0 });
});

it('forgives nothing when the second run broke off or ran no test', () => {
  const first = result('browser', browser);
  const broken = { ...result('browser-again'), failures: [{ name: 'step browser-again', reason: '' }] };
  expect(forgive(first, broken)).toEqual([]);
  expect(
    forgive(first, { ...result('browser-again'), counts: { passed: 0, failed: 0, skipped: 5 } }),
  ).toEqual([]);
  expect(first.counts.failed).toBe(1);
});
