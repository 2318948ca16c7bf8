import { expect, it } from 'vitest';
import { JsonScan } from './json-scan.ts';

it('finds the end of a value wherever the text is split', () => {
  const value = '{"a":"}\\"]\\\\","b":[{},"[",[1]]}';
  const whole = `${value} tail}`;
  for (let cut = 0; cut < whole.length; cut++) {
    const scan = new JsonScan();
    const first = scan.passValue(whole.slice(0, cut));
    const end = first ?? cut + (scan.passValue(whole.slice(cut)) ?? Number.NaN);
    expect(end, `cut at ${cut}`).toBe(value.length);
  }
});

it('knows whether the position is inside a string', () => {
  const scan = new JsonScan();
  scan.pass('{"a\\"');
  expect(scan.isInString).toBe(true);
  scan.pass('\\\\" ');
  expect(scan.isInString).toBe(false);
});
