/** Children as the system has them against children as we know them. Pure: tables in, decisions out. */
import type { ChildRecord } from './child-records.ts';
import type { ProcessEntry } from './process-table.ts';

export interface Orphans {
  /** Children of servers that are no more. */
  readonly alive: readonly number[];
  /** Records of processes that are gone as well. */
  readonly settled: readonly number[];
}

/**
 * @param program path of the engine: a number that another program has now is left alone
 */
export function findOrphans(
  records: readonly ChildRecord[],
  table: readonly ProcessEntry[],
  program: string,
): Orphans {
  const byPid = new Map(table.map((entry) => [entry.pid, entry]));
  const find = ({ pid, startedAt }: { pid: number; startedAt: string }) => {
    const entry = byPid.get(pid);
    return entry?.startedAt === startedAt ? entry : undefined;
  };
  const deserted = records.filter(({ server }) => !find(server));
  const isAlive = (record: ChildRecord) => find(record)?.command.includes(program) ?? false;
  return {
    alive: deserted.filter(isAlive).map(({ pid }) => pid),
    settled: deserted.filter((record) => !isAlive(record)).map(({ pid }) => pid),
  };
}

export interface Differences {
  /** Our children that nobody knows. */
  readonly unknown: readonly number[];
  /** Known ones whose process is gone. */
  readonly missing: readonly number[];
}

export interface KnownChildren {
  /** The server's own number. */
  readonly parent: number;
  readonly known: ReadonlySet<number>;
  /** Path of the engine. */
  readonly program: string;
}

export function compareChildren(
  table: readonly ProcessEntry[],
  { parent, known, program }: KnownChildren,
): Differences {
  const alive = new Set(table.map(({ pid }) => pid));
  const ours = table.filter((entry) => entry.parent === parent && entry.command.includes(program));
  return {
    unknown: ours.map(({ pid }) => pid).filter((pid) => !known.has(pid)),
    missing: [...known].filter((pid) => !alive.has(pid)),
  };
}
