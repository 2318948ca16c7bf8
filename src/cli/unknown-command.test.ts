import { expect, it } from 'vitest';
import { unknownCommand } from './unknown-command.ts';

const commands = [
  { name: 'serve', aliases: ['start'] },
  { name: 'list', aliases: ['ls'] },
  { name: 'ps', aliases: [] },
  { name: 'stop', aliases: [] },
];

it.each([
  ['lst', '\n\nDid you mean this?\n\tlist\n\tps\n'],
  ['strat', '\n\nDid you mean this?\n\tstart\n'],
  ['wholly-unlike', ''],
])('names the commands near %j, each one once', (name, hint) => {
  expect(unknownCommand(name, commands).message).toBe(`unknown command "${name}" for "ollama"${hint}`);
});

it.each([
  ['signin', /^unknown command "signin" for "ollama": .*"ollama login REGISTRY"/],
  ['signout', /"ollama logout REGISTRY"/],
])('says what to use instead of %s', (name, expected) => {
  expect(unknownCommand(name, commands).message).toMatch(expected);
});
