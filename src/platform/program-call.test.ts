import { expect, it } from 'vitest';
import { programStart } from './program-call.ts';

const environment = { ComSpec: 'C:\\Windows\\System32\\cmd.exe' };
const start = (path: string, args: readonly string[]) => programStart(path, args, 'win32', environment);

it('starts a program without a shell', () => {
  const args = ['a b', '"', '%PATH%'];
  expect(programStart('/opt/run.cmd', args, 'linux')).toEqual({ program: '/opt/run.cmd', args });
  expect(start('C:\\bin\\run.exe', args)).toEqual({ program: 'C:\\bin\\run.exe', args });
});

it.each([
  ['plain', 'plain'],
  ['--model=x', '"--model=x"'],
  ['qwen3:4b', 'qwen3:4b'],
  ['C:\\data', 'C:\\data'],
  ['', '""'],
  ['a b', '"a b"'],
  ['a&calc', '"a&calc"'],
  ['^|<>', '"^|<>"'],
  ['say "hi"', '"say ""hi"""'],
  ['back\\"slash', '"back\\\\""slash"'],
  ['C:\\my folder\\', '"C:\\my folder\\\\"'],
  ['C:\\', '"C:\\\\"'],
  ['%PATH%', '"%%cd:~,%PATH%%cd:~,%"'],
])('quotes the argument %j for a batch file', (argument, expected) => {
  expect(start('C:\\npm\\run.CMD', [argument])).toEqual({
    program: environment.ComSpec,
    args: ['/e:ON', '/v:OFF', '/d', '/c', `""C:\\npm\\run.CMD" ${expected}"`],
    windowsVerbatimArguments: true,
  });
});

it('refuses what a command line cannot hold', () => {
  expect(() => start('C:\\run.bat', ['a\nb'])).toThrow(/line break: "a\\nb"/);
});
