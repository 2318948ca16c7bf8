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
 * @param programs paths of what children run: a number that another program has now is left alone
 */
export function findOrphans(
  records: readonly ChildRecord[],
  table: readonly ProcessEntry[],
  programs: readonly string[],
): Orphans {
  const byPid = new Map(table.map((entry) => [entry.pid, entry]));
  const find = ({ pid, startedAt }: { pid: number; startedAt: string }) => {
    const entry = byPid.get(pid);
    return entry?.startedAt === startedAt ? entry : undefined;
  };
  const deserted = records.filter(({ server }) => !find(server));
  const isAlive = (record: ChildRecord) => runsOneOf(find(record), programs);
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
  /** Paths of what children run. */
  readonly programs: readonly string[];
}

export function compareChildren(
  table: readonly ProcessEntry[],
  { parent, known, programs }: KnownChildren,
): Differences {
  const alive = new Set(table.map(({ pid }) => pid));
  const ours = table.filter((entry) => entry.parent === parent && runsOneOf(entry, programs));
  return {
    unknown: ours.map(({ pid }) => pid).filter((pid) => !known.has(pid)),
    missing: [...known].filter((pid) => !alive.has(pid)),
  };
}

function runsOneOf(entry: ProcessEntry | undefined, programs: readonly string[]): boolean {
  return entry !== undefined && programs.some((program) => entry.command.includes(program));
}
