import { expect, it } from 'vitest';
import { createKeyRequestSchema } from '../../../api/keys.ts';
import { keyRequest } from './key-request.ts';

const wishes = { name: ' anna ', scopes: ['read' as const], models: '', limits: {}, expires: '' };

it('asks for what the form says, in the form that the server takes', () => {
  const request = keyRequest({
    ...wishes,
    models: 'qwen*, llama* ',
    limits: { requests_per_minute: ' 60 ', concurrent: '2', tokens_per_day: '' },
    expires: '30d',
  });
  const body = {
    ...{
      name: 'anna',
      scopes: ['read'],
      models: ['qwen*', 'llama*'],
      requests_per_minute: 60,
      concurrent: 2,
    },
    expires: '30d',
  };
  expect(request).toEqual({ body });
  expect(createKeyRequestSchema.parse(body)).toEqual(body);
  expect(keyRequest(wishes)).toEqual({ body: { name: 'anna', scopes: ['read'] } });
});

it('names what is missing or is no number', () => {
  expect(keyRequest({ ...wishes, scopes: [] })).toEqual({ problem: 'scopes' });
  for (const text of ['0', '1.5', '-3', 'many', '1e9'])
    expect(keyRequest({ ...wishes, limits: { concurrent: text } })).toEqual({
      problem: 'number',
      limit: 'concurrent',
    });
});
