import { describe, expect, it } from 'vitest';
import { exitCause, exitSentence, exitText } from './process-exit.ts';

const exited = (code: number) => ({ code, signal: null });
const killed = (signal: string) => ({ code: null, signal });

describe('on Linux and macOS', () => {
  it.each([
    [killed('SIGSEGV'), 'fault', 'signal SIGSEGV', 'the process was killed by SIGSEGV'],
    [
      killed('SIGKILL'),
      'outside',
      'signal SIGKILL',
      'the process was killed by SIGKILL, probably because the system ran out of memory: try again',
    ],
    [exited(134), 'fault', 'exit code 134', 'the process exited with code 134'],
    [exited(0), 'other', 'exit code 0', 'the process exited with code 0'],
    [{ code: null, signal: null }, 'other', 'exit code null', 'the process exited with code null'],
  ])('%j', (exit, cause, text, sentence) => {
    expect(exitCause(exit, 'linux')).toBe(cause);
    expect([exitText(exit, 'linux'), exitSentence(exit, 'linux')]).toEqual([text, sentence]);
  });
});

describe('on Windows', () => {
  it.each([
    [0xc0000005, 'fault', /0xC0000005 \(it used memory that is not its own\)$/],
    [0xc0000017, 'memory', /0xC0000017 \(Windows refused more memory\)$/],
    [0xc000012d, 'memory', /0xC000012D .*page file/],
    [0xc000001d, 'fault', /0xC000001D .*processor lacks an instruction/],
    [0xc0000135, 'other', /0xC0000135 \(a DLL is missing: install/],
    [0xc0000409, 'fault', /0xC0000409 .*assertion/],
    [0xc0000006, 'other', /0xC0000006 .*disk/],
    [0xc000013a, 'outside', /0xC000013A .*console was closed/],
    [0x40010004, 'outside', /0x40010004 .*signs out/],
    [1, 'outside', / 1 \(Task Manager/],
    [3, 'fault', / 3 \(it aborted itself\)$/],
    [0xc0001234, 'fault', /0xC0001234$/],
    [7, 'other', / 7$/],
    [0, 'other', / 0$/],
  ])('code %i has the cause %s', (code, cause, text) => {
    expect(exitCause(exited(code), 'win32')).toBe(cause);
    expect(exitText(exited(code), 'win32')).toMatch(text);
    expect(exitSentence(exited(code), 'win32')).toMatch(text);
  });

  it('names no signal, because this process itself has ended the other', () => {
    expect(exitText(killed('SIGKILL'), 'win32')).toBe('ended by the server');
    expect(exitSentence(killed('SIGTERM'), 'win32')).toBe('the process was ended by the server');
  });
});
