/** The form `unix:///path?mode=0660&group=NAME` of an address: a socket file, with its permissions for the server. */
import { messageOf, OllamaError } from '../base/errors.ts';

export const UNIX_SCHEME = 'unix';
const PREFIX = `${UNIX_SCHEME}://`;

/** `sun_path` of sockaddr_un holds 108 bytes on Linux and 104 elsewhere, the last of which is NUL (unix(7)). */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;
const HIGHEST_MODE = 0o777;
/** For its user only. */
const DEFAULT_MODE = 0o600;
/** Connecting takes the right to write. */
const DEFAULT_GROUP_MODE = 0o660;

export interface UnixAddress {
  readonly kind: 'unix';
  /** Absolute. */
  readonly path: string;
  /** Permissions of the socket file. */
  readonly mode: number;
  /** Name or number; absent = the group of the process. */
  readonly group?: string;
}

export function isUnixAddress(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** @throws OllamaError `invalid-request` that names the part that is wrong, and on Windows */
export function parseUnixAddress(text: string, platform: string = process.platform): UnixAddress {
  const [path = '', ...rest] = text.slice(PREFIX.length).split('?');
  try {
    // Node knows only named pipes there, which have other names and no permissions.
    if (platform === 'win32')
      throw new Error(
        'socket files are not supported on Windows: use a port of this machine, such as 127.0.0.1:11434',
      );
    requireSocketPath(path);
    return { kind: 'unix', path, ...permissionsOf(new URLSearchParams(rest.join('?'))) };
  } catch (error) {
    throw new OllamaError('invalid-request', `"${text}": ${messageOf(error)}`);
  }
}

function requireSocketPath(path: string): void {
  if (!path.startsWith('/'))
    throw new Error('the path of a socket must be absolute, as in unix:///run/ollama.sock');
  if (path.endsWith('/') || path.includes('\0')) throw new Error('this is not the path of a file');
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_PATH_BYTES) {
    throw new Error(`the path has ${bytes} bytes, but that of a socket may have at most ${MAX_PATH_BYTES}`);
  }
}

function permissionsOf(parameters: URLSearchParams): Pick<UnixAddress, 'mode' | 'group'> {
  const unknown = [...parameters.keys()].find((name) => name !== 'mode' && name !== 'group');
  if (unknown !== undefined) throw new Error(`"${unknown}" is not one of mode and group`);
  const group = parameters.get('group');
  if (group === null) return { mode: modeOf(parameters.get('mode'), DEFAULT_MODE) };
  if (!/^[^\s:,/]+$/.test(group)) throw new Error(`"${group}" is not the name of a group`);
  return { mode: modeOf(parameters.get('mode'), DEFAULT_GROUP_MODE), group };
}

function modeOf(text: string | null, byDefault: number): number {
  if (text === null) return byDefault;
  const mode = /^[0-7]{3,4}$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
  if (mode <= HIGHEST_MODE) return mode;
  throw new Error(`mode "${text}" is not an octal number such as 0660`);
}

/** Without mode and group, which only the server uses. */
export function unixUrl(path: string): string {
  return `${PREFIX}${path}`;
}
