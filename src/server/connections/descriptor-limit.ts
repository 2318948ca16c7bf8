/** How many connections fit into the number of files that the system lets this process open. */
import { fewFilesMessage } from '../../base/open-files.ts';

/** Assumed where the system does not tell its limit: the usual default of shells. */
const USUAL_LIMIT = 1024;
/**
 * Files that the server opens beside its connections: about 40 of Node.js, its workers and the log, four for each loaded model,
 * and two for each of the 16 streams of a pull.
 */
const OWN_FILES = 96;
/** A server that can serve fewer clients than this is of no use, even if some of its files cannot be opened then. */
const FEWEST_CONNECTIONS = 16;
/** Far more than one machine can serve. A connection takes about 10 KB in this process. */
const MOST_CONNECTIONS = 16_384;
/**
 * Most connections without a request. Proxies keep a few hundred open for later. It is less than half of the maximum, so
 * that idle clients never take the place of working ones.
 */
const MOST_WAITING = 4096;
/** Below this, a few hundred clients fill the server, which a person should know before it happens. */
const ADVISED_LIMIT = 1024;

/** Maximum numbers of connections. */
export interface ConnectionBounds {
  /** All of them. */
  readonly connections: number;
  /** Those without a request in progress. */
  readonly waiting: number;
}

/** @param files how many files this process may open; undefined = unknown */
export function connectionBounds(files = USUAL_LIMIT): ConnectionBounds {
  const connections = Math.min(Math.max(files - OWN_FILES, FEWEST_CONNECTIONS), MOST_CONNECTIONS);
  return { connections, waiting: Math.min(Math.floor(connections / 2), MOST_WAITING) };
}

/** Returns a warning that says what to raise, if the limit is too low for a server. */
export function lowLimitWarning(files: number | undefined): string | undefined {
  if (files === undefined || files >= ADVISED_LIMIT) return undefined;
  const { connections } = connectionBounds(files);
  return fewFilesMessage(files, `at most ${connections} clients can connect`);
}
