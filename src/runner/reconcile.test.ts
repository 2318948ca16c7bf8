import { describe, expect, it } from 'vitest';
import { compareChildren, findOrphans } from './reconcile.ts';

const program = '/lib/engine/main.js';
const child = { pid: 20, startedAt: '200', server: { pid: 10, startedAt: '100' } };
const server = { pid: 10, parent: 1, startedAt: '100', command: 'node ollama serve' };
const alive = { pid: 20, parent: 10, startedAt: '200', command: `node ${program}` };

describe('children of servers that no longer exist', () => {
  it.each([
    ['none while the server lives', [server, alive], [], []],
    ['one whose server has exited', [alive], [20], []],
    ['one whose server’s number is another process now', [{ ...server, startedAt: '999' }, alive], [20], []],
    ['none that has already exited: its record is settled', [], [], [20]],
    ['none whose number is another process now', [{ ...alive, startedAt: '999' }], [], [20]],
    ['none whose number and start is another program', [{ ...alive, command: 'vi notes' }], [], [20]],
  ])('are %s', (_, table, orphans, settled) => {
    expect(findOrphans([child], table, [program])).toEqual({ alive: orphans, settled });
  });
});

describe('our children compared with those we know', () => {
  const known = (...pids: number[]) => ({ parent: 10, known: new Set(pids), programs: [program] });

  it.each([
    ['agree', [server, alive], [20], { unknown: [], missing: [] }],
    ['differ by an unknown one', [server, alive], [], { unknown: [20], missing: [] }],
    ['differ by one that has exited', [server], [20], { unknown: [], missing: [20] }],
    ['leave another server’s child alone', [{ ...alive, parent: 11 }], [], { unknown: [], missing: [] }],
    ['leave another program alone', [{ ...alive, command: 'npm install' }], [], { unknown: [], missing: [] }],
  ])('%s', (_, table, pids, expected) => {
    expect(compareChildren(table, known(...pids))).toEqual(expected);
  });
});
