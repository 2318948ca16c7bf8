import { expect, it } from 'vitest';
import { lastUserTurn } from './last-user-turn.ts';

it.each([
  [[], -1],
  [['system', 'assistant'], -1],
  [['user'], 0],
  [['user', 'assistant', 'user', 'system'], 2],
  [['user', 'user'], 1],
  [['user', 'assistant', 'tool'], 0],
  [['user', 'assistant', 'tool', 'user'], -1],
  [['user', 'assistant', 'tool', 'user', 'assistant', 'user'], 5],
])('finds the message that the answer is about, and not what tools returned: %j', (roles, expected) => {
  expect(lastUserTurn(roles)).toBe(expected);
});
