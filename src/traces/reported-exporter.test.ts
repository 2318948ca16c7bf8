import { expect, it } from 'vitest';
import { ReportedExporter } from './reported-exporter.ts';

type Result = Parameters<Parameters<ReportedExporter['export']>[1]>[0];

function exporting(answer: (done: (result: Result) => void) => void) {
  const reasons: string[] = [];
  const others = { shutdown: async () => undefined };
  const exporter = new ReportedExporter({ export: (_, done) => answer(done), ...others }, (reason) =>
    reasons.push(reason),
  );
  const result = new Promise<Result>((resolve) => exporter.export([], resolve));
  return { reasons, result };
}

it('reports why spans could not be sent, also if the exporter throws', async () => {
  const failure = Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
  const failed = exporting((done) => done({ code: 1, error: failure }));
  expect(await failed.result).toMatchObject({ code: 1 });
  expect(failed.reasons).toEqual(['ENOTFOUND no such host']);
  const thrown = exporting(() => {
    throw new Error('a bug');
  });
  expect(await thrown.result).toMatchObject({ code: 1 });
  expect(thrown.reasons).toEqual(['a bug']);
});

it('reports nothing of spans that were sent', async () => {
  const sent = exporting((done) => done({ code: 0 }));
  expect(await sent.result).toEqual({ code: 0 });
  expect(sent.reasons).toEqual([]);
});
