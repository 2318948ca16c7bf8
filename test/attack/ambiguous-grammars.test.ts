import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { post } from '../e2e/support/server-requests.ts';
import { expectUndisturbed, ordinaryModel, startAttackedServer } from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startAttackedServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const words = Array.from({ length: 2000 }, (_, index) => `"word ${index}"`).join(' | ');
const grammars: readonly (readonly [grammar: string, problem: string])[] = [
  [`root ::= ${words}`, 'can be read in too many ways at once'],
  ['root ::= ("a"{0,50} "b"?){0,50}', 'can be read in too many ways at once'],
  ['root ::= root "a" | "a"', 'begins with itself'],
  ['root ::= ("a" | )*', 'repeats a part that may be empty'],
  [`root ::= "${'a'.repeat(200)}"{2000}`, 'has more than 250000 elements'],
  [`root ::= ${'('.repeat(100_000)}`, 'nests more than 500 groups'],
];

it('refuses grammars that would keep the engine busy, and serves others meanwhile', async () => {
  const requests = Array.from({ length: 5 }, () => grammars).flat();
  const report = await underAttack(server, '30 grammars that are ambiguous or too large', () =>
    Promise.all(
      requests.map(([grammar]) =>
        post(server, '/api/generate', {
          model: ordinaryModel,
          prompt: 'hello',
          stream: false,
          options: { grammar, num_predict: 5 },
        }),
      ),
    ),
  );
  for (const [index, { status, body }] of report.result.entries()) {
    const [, problem] = requests[index] ?? [];
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(new RegExp(`^options.grammar: rule "root" .*${problem}`)) },
    });
  }
  await expectUndisturbed(server, report);
});
