/** How many files the system lets this process open. Sockets and pipes count too. */
import { readFileSync } from 'node:fs';

/** Returns the limit, or undefined where the system does not tell it. */
export function openFileLimit(): number | undefined {
  try {
    return parseOpenFileLimit(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param limits the content of Linux's /proc/PID/limits */
export function parseOpenFileLimit(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

/** @param consequence what follows from the limit */
export function fewFilesMessage(files: number | undefined, consequence: string): string {
  const limit = files === undefined ? 'too few files' : `only ${files} files`;
  return (
    `this process may open ${limit}, so ${consequence}; ` +
    'raise the limit with "ulimit -n 65536" in the shell, or with LimitNOFILE= in the service'
  );
}
