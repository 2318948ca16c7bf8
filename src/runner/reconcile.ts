/** Compares the system's processes with the children that we know. Pure: tables in, decisions out. */
import type { ChildRecord } from './child-records.ts';
import type { ProcessEntry } from './process-table.ts';

export interface Orphans {
  /** Children of servers that no longer exist. */
  readonly alive: readonly number[];
  /** Records of processes that have exited as well. */
  readonly settled: readonly number[];
}

/** @param programs paths of the children's programs; a pid that now belongs to another program is left alone */
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
  /** Our children that are not known. */
  readonly unknown: readonly number[];
  /** Known children whose process has exited. */
  readonly missing: readonly number[];
}

export interface KnownChildren {
  /** The server's own pid. */
  readonly parent: number;
  readonly known: ReadonlySet<number>;
  /** Paths of the children's programs. */
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
