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

/** More than any of these templates may make, with what the garbage collector has not collected yet. */
const MOST_MEBIBYTES = 1024;
const prompt = `"it's" <b> & `.repeat(80_000);

/** A limit on texts or steps, the time limit on a busy machine, or the memory of an attempt that ran into one of them. */
const stop = /more than|longer than|timed out|not tried again/;

/** Ten requests at once, which a limit stops. */
async function attack(name: string, template: string) {
  const body = { model: ordinaryModel, prompt, template, stream: false, options: { num_predict: 1 } };
  const report = await underAttack(server, name, () =>
    Promise.all(Array.from({ length: 10 }, () => post(server, '/api/generate', body))),
  );
  for (const { status, body } of report.result) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).toMatchObject({ error: expect.stringMatching(stop) });
  }
  expect(report.peakMebibytes - report.startMebibytes).toBeLessThan(MOST_MEBIBYTES);
  await expectUndisturbed(server, report);
}

const variables = Array.from({ length: 40 }, (_, index) => `$x${index}`);
const doubled = variables.map((name) => `{{ $t = printf "%s%s" $t $t }}{{ ${name} := slice $t 1 }}`).join('');

it.each([
  ['a text doubled and kept in forty variables', `{{ $t := .Prompt }}${doubled}{{ .Prompt }}`],
  ['a text escaped twenty times', `{{ $t := "" }}${'{{ $t = js .Prompt }}'.repeat(20)}{{ .Prompt }}`],
  ['a text padded often', `{{ printf "${'%900000[1]s'.repeat(100)}" "" }}`],
])('a Go template with %s is stopped', async (name, template) => {
  await attack(`ten Go templates with ${name}`, template);
});

const content = '{% set x = messages[0].content %}';

it.each([
  [
    'a text doubled',
    `${content}{% set ns = namespace(x=x) %}{% for i in range(20) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}`,
  ],
  ['a text joined by itself', `${content}{{ range(1000) | join(x) }}`],
  ['a text split often', `${content}{% for i in range(300) %}{% set y = x.split(' ') %}{% endfor %}{{ x }}`],
])('a Jinja template with %s is stopped', async (name, template) => {
  await attack(`ten Jinja templates with ${name}`, template);
});
