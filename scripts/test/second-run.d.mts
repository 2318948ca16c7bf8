export interface Failure {
  readonly name: string;
  /** Absent when no file can be named. */
  readonly path?: string;
  /** The first line of the error. */
  readonly reason: string;
}

export interface StepResult {
  readonly name: string;
  failures: readonly Failure[];
  readonly counts: { passed: number; failed: number; skipped: number };
}

export function filesToRepeat<Result extends StepResult>(
  results: readonly Result[],
  randomTests: readonly string[],
): { readonly result: Result; readonly files: string[] }[];

export function forgive(first: StepResult, second: StepResult): Failure[];
