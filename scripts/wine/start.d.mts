import type { ChildProcess } from 'node:child_process';

export declare function startUnderWine(
  prefix: string,
  command: readonly string[],
  options: { env?: Readonly<Record<string, string>>; cwd?: string; output: string; errors?: string },
): { child: ChildProcess; mark: string };
export interface WineProcess {
  /** Of Linux. */
  readonly pid: number;
  /** The program and its arguments, the paths in the form of Windows. */
  readonly command: readonly string[];
}
export declare function processesOf(mark: string): WineProcess[];
export declare function killStarted(mark: string): void;
