import { expect, it } from 'vitest';
import { OllamaError } from '../../base/errors.ts';
import { chatFailure } from './chat-turn.ts';

it.each([
  ['400 Bad Request: "m" does not support thinking', 'setting'],
  ['400 Bad Request: invalid think value: "x" (must be …)', 'setting'],
  ['502 Bad Gateway: upstream error: timeout', 'upstream'],
  ['500 Internal Server Error: the model broke', 'fatal'],
])('%s', (message, failure) => {
  expect(chatFailure(new OllamaError('internal', message))).toBe(failure);
});
