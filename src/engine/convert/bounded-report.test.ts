import { expect, it } from 'vitest';
import { boundedReport } from './bounded-report.ts';

it('keeps a usual report, and shortens one of a hundred thousand lines and of lines without end', () => {
  const usual = { source: 'LlamaForCausalLM', dropped: ['a', 'b'], warnings: [], parameters: { top_k: 1 } };
  expect(boundedReport(usual)).toEqual(usual);
  const lines = Array.from({ length: 100_000 }, (_, index) => `tensor ${index}`);
  const report = boundedReport({ ...usual, dropped: lines, warnings: ['x'.repeat(1e6)] });
  expect(report.dropped).toEqual([...lines.slice(0, 50), 'and 99950 more']);
  expect(report.warnings).toEqual([`${'x'.repeat(999)}…`]);
});
