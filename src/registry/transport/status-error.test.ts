import { expect, it } from 'vitest';
import { statusErrorOf } from './status-error.ts';

const messageFor = async (body: string, status = 400, isHuggingFace = false) =>
  (await statusErrorOf(new Response(body, { status }), isHuggingFace)).message;
const SECRET = 'secret-of-an-inner-service';

it.each([
  ['one error', { errors: [{ code: 'DENIED', message: 'no access' }] }, '400: DENIED: no access'],
  ['several', { errors: [{ code: 'A_B' }, { code: 'C', message: 'd' }] }, '400: A_B; C: d'],
  [
    'nothing but codes and messages',
    { errors: [{ code: 'A', message: 'b', detail: SECRET }], x: SECRET },
    '400: A: b',
  ],
  ['no control characters', { errors: [{ code: 'A', message: 'b\r\n\u001b[2Jc' }] }, '400: A: b [2Jc'],
])("quotes of a registry's error document: %s", async (_, document, message) => {
  expect(await messageFor(JSON.stringify(document))).toBe(message);
});

it.each([
  ['text', SECRET],
  ['a web page', `<html>${SECRET}</html>`],
  ['other JSON', JSON.stringify({ error: SECRET })],
  ['errors of another service', JSON.stringify({ errors: [{ message: SECRET }] })],
  ['errors with other codes', JSON.stringify({ errors: [{ code: SECRET, message: SECRET }] })],
  ['no errors', JSON.stringify({ errors: [], message: SECRET })],
  ['errors that are texts', JSON.stringify({ errors: [SECRET] })],
  ['a list', JSON.stringify([{ errors: [{ code: 'A', message: SECRET }] }])],
  ['a document that is too long', `{"errors":[{"code":"A","message":"${SECRET}${'x'.repeat(20_000)}"}]}`],
])('never quotes %s', async (_, body) => {
  expect(await messageFor(body)).toBe('400: Bad Request');
});

it('quotes the documents of Hugging Face only when it was asked', async () => {
  const body = JSON.stringify({ error: 'gated model' });
  expect(await messageFor(body, 403, true)).toBe('403: gated model');
  expect(await messageFor(body, 403)).toBe('403: Forbidden');
});

it('says in its own words what a registry means by 412', async () => {
  expect(await messageFor(SECRET, 412)).toContain('requires a newer version of this program');
});
