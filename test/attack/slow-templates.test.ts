import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestServer } from '../e2e/support/server-process.ts';
import { post } from '../e2e/support/server-requests.ts';
import { expectUndisturbed, ordinaryModel, startAttackedServer } from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startAttackedServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** Nested loops that would run for hours. `number` makes each template another text. */
const endlessJinja = (number: number) =>
  `{# ${number} #}{% for i in range(90000) %}{% for j in range(90000) %}{{ messages | length }}{% endfor %}{% endfor %}`;
const endlessGo = (number: number) =>
  `{{/* ${number} */}}{{ define "a" }}{{ range "${'x'.repeat(900)}" }}{{ end }}{{ end }}${'{{ range .Messages }}{{ template "a" }}{{ end }}'.repeat(3000)}`;

const generate = (template: string) =>
  post(server, '/api/generate', { model: ordinaryModel, prompt: 'hello', template, stream: false });

describe('templates of requests', () => {
  it('that never end, ten at once, are stopped while the others are served', async () => {
    const report = await underAttack(server, 'ten endless Jinja templates at once', async () => {
      const attacks = Promise.all(Array.from({ length: 10 }, (_, index) => generate(endlessJinja(index))));
      const other = post(server, '/api/tokenize', { model: ordinaryModel, content: 'hello' });
      expect((await other).status).toBe(200);
      return attacks;
    });
    for (const { status } of report.result) expect(status).toBe(400);
    await expectUndisturbed(server, report);
  });

  it('are refused at once when they come again', async () => {
    const again = await generate(endlessJinja(0));
    expect(again.status).toBe(400);
    expect(again.body).toMatchObject({ error: expect.stringContaining('not tried again for a minute') });
  });

  it('in Go that loop over long texts cost nobody else anything', async () => {
    const report = await underAttack(server, 'ten long Go templates at once', () =>
      Promise.all(Array.from({ length: 10 }, (_, index) => generate(endlessGo(index)))),
    );
    for (const { status } of report.result) expect([200, 400]).toContain(status);
    await expectUndisturbed(server, report);
  });
});

it('JSON schemas that take long to compile do not keep others waiting', async () => {
  const properties = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [
      `key${index}`,
      {
        type: 'string',
        pattern: `^(a|b)*${'(a|b)'.repeat(index % 9)}$`,
        minLength: 3,
        maxLength: 40 + index,
      },
    ]),
  );
  const schema = (number: number) => ({ type: 'object', title: `${number}`, properties, minProperties: 9 });
  const report = await underAttack(server, 'ten costly JSON schemas at once', () =>
    Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        post(server, '/api/generate', {
          model: ordinaryModel,
          prompt: 'hello',
          format: schema(index),
          stream: false,
          options: { num_predict: 1 },
        }),
      ),
    ),
  );
  for (const { status } of report.result) expect([200, 400]).toContain(status);
  await expectUndisturbed(server, report);
});

it('a conversation of 100,001 messages is cut to the context, and nobody waits for it', async () => {
  const messages = Array.from({ length: 100_001 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: `This is message ${index}`,
  }));
  const body = JSON.stringify({ model: ordinaryModel, messages, stream: false, options: { num_predict: 1 } });
  const report = await underAttack(server, 'a conversation of 100,001 messages', () =>
    post(server, '/api/chat', body),
  );
  expect(report.result).toMatchObject({ status: 200, body: { done: true } });
  await expectUndisturbed(server, report);
});
