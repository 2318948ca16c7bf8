/**
 * Sockets that a service manager has opened for the server: socket activation, sd_listen_fds(3). They are numbered from 3
 * on, and their names say what they are for.
 */
import { OllamaError } from '../../base/errors.ts';
import type { Environment } from '../../config/environment.ts';

const FIRST_DESCRIPTOR = 3;
/** More than anybody lists in a unit. */
const MAX_SOCKETS = 64;
/** Beginning of the `FileDescriptorName=` of a socket that speaks TLS. */
const SECURE_NAME = 'https';

export interface InheritedSocket {
  readonly kind: 'inherited';
  readonly descriptor: number;
  /** From `FileDescriptorName=`: by default the name of the unit. */
  readonly name: string;
  readonly isSecure: boolean;
}

/** Variables that concern this process only. Children must not get them, or they would answer in its place. */
export const serviceVariables = [
  'LISTEN_PID',
  'LISTEN_FDS',
  'LISTEN_FDNAMES',
  'NOTIFY_SOCKET',
  'WATCHDOG_PID',
  'WATCHDOG_USEC',
] as const;

/**
 * @param pid of this process; sockets for another one are ignored
 * @throws OllamaError `invalid-request` for a number of sockets that cannot be right
 */
export function inheritedSockets(environment: Environment, pid: number): InheritedSocket[] {
  const { LISTEN_PID, LISTEN_FDS = '', LISTEN_FDNAMES = '' } = environment;
  if (LISTEN_PID !== String(pid)) return [];
  const count = /^\d+$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : Number.NaN;
  if (!(count <= MAX_SOCKETS)) {
    throw new OllamaError(
      'invalid-request',
      `LISTEN_FDS: "${LISTEN_FDS}" is not a number of sockets from 0 to ${MAX_SOCKETS}`,
    );
  }
  const names = LISTEN_FDNAMES.split(':');
  return Array.from({ length: count }, (_, index) => {
    const name = names[index] || 'unknown';
    return {
      kind: 'inherited',
      descriptor: FIRST_DESCRIPTOR + index,
      name,
      isSecure: name.startsWith(SECURE_NAME),
    };
  });
}
