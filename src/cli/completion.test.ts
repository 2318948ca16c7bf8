import { expect, it } from 'vitest';
import { type CompletionSources, completions } from './completion.ts';

const sources: CompletionSources = {
  commandNames: ['run', 'rm', 'stop', 'list', 'ls', 'completion'],
  rootFlags: { version: { type: 'boolean', help: '' } },
  command: async (name) =>
    ({
      run: {
        arity: { min: 1 },
        completes: 'models' as const,
        flags: {
          verbose: { type: 'boolean' as const, help: '' },
          think: { type: 'string' as const, optionalValue: 'true', values: ['true', 'high'], help: '' },
          quantize: { type: 'string' as const, short: 'q', values: ['Q4_0', 'Q8_0'], help: '' },
          file: { type: 'string' as const, short: 'f', takesFile: true, help: '' },
        },
      },
      stop: { arity: { min: 1, max: 1 }, completes: 'running' as const, flags: {} },
      list: { arity: { min: 0 }, flags: {} },
      launch: { arity: { min: 0 }, completes: 'integrations' as const, flags: {} },
      completion: { arity: { min: 1, max: 1 }, completes: 'shells' as const, flags: {} },
    })[name],
  models: async () => ['smollm2:360m', 'smollm2:135m', 'llama3.2:latest'],
  running: async () => ['smollm2:135m'],
  integrations: async () => ['claude', 'codex'],
};

it.each([
  [[], ['completion', 'help', 'list', 'ls', 'rm', 'run', 'stop']],
  [['r'], ['rm', 'run']],
  [
    ['help', 'r'],
    ['rm', 'run'],
  ],
  [
    ['run', ''],
    ['llama3.2:latest', 'smollm2:135m', 'smollm2:360m'],
  ],
  [
    ['run', ':nothing'],
    ['llama3.2:latest', 'smollm2:135m', 'smollm2:360m'],
  ],
  [[':nothing'], ['completion', 'help', 'list', 'ls', 'rm', 'run', 'stop']],
  [['run', 'smollm2:1'], ['smollm2:135m']],
  [['run', '--verbose', 'l'], ['llama3.2:latest']],
  [
    ['run', '--'],
    ['--file', '--help', '--quantize', '--think', '--verbose'],
  ],
  [['--'], ['--help', '--version']],
  [['run', '--think=h'], ['--think=high']],
  [
    ['run', '--think', ''],
    ['llama3.2:latest', 'smollm2:135m', 'smollm2:360m'],
  ],
  [['run', '--quantize', 'q8'], ['Q8_0']],
  [['run', '-q', 'q4'], ['Q4_0']],
  [['run', '-f', 'any'], [':files']],
  [['run', '--file=any'], [':files']],
  [['stop', '--', '-'], []],
  [['stop', ''], ['smollm2:135m']],
  [['stop', 'smollm2:135m', ''], []],
  [['list', ''], []],
  [['completion', 'z'], ['zsh']],
  [['completion', 'P'], ['powershell']],
  [['launch', 'co'], ['codex']],
  [['nothing', ''], []],
])('%j can be continued with %j', async (words, expected) => {
  expect(await completions(words, sources)).toEqual(expected);
});
