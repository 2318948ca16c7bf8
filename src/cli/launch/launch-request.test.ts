import { describe, expect, it } from 'vitest';
import { launchCommand } from '../commands/launch.ts';
import { parseArguments } from '../parse-arguments.ts';
import { readLaunchRequest } from './launch-request.ts';

const request = (line: string) =>
  readLaunchRequest(parseArguments(launchCommand, line.split(' ').filter(Boolean)));

describe('the arguments of ollama launch', () => {
  it('after -- belong to the program, whatever they are', () => {
    expect(request('codex --model m -y -- exec -y --model x -- z')).toEqual({
      name: 'codex',
      model: 'm',
      yes: true,
      restore: false,
      configureOnly: false,
      args: ['exec', '-y', '--model', 'x', '--', 'z'],
    });
    expect(request('codex --')).toMatchObject({ name: 'codex', args: [] });
    expect(request('')).not.toHaveProperty('name');
  });

  it.each([
    [
      '--yes',
      /^flags and extra args require an integration name, for example: 'ollama launch claude --model qwen3.5'$/,
    ],
    ['--model m', /^flags and extra args require/],
    ['--restore', /^flags and extra args require/],
    ['-- x', /^flags and extra args require/],
    ['a b c', /^unexpected arguments: \[b c\]\nUse '--' to pass extra arguments to the integration$/],
    ['a b -- c', /^expected at most 1 integration name before '--', got 2$/],
    ['a --restore --model m', /^--restore cannot be combined with --model, --config, or extra args$/],
    ['a --restore --config', /^--restore cannot be combined/],
    ['a --restore -- x', /^--restore cannot be combined/],
    ['a --sandbox', /^unknown flag: --sandbox$/],
  ])('refuses %j in the words of Ollama', (line, message) => {
    expect(() => request(line)).toThrow(message);
  });
});
