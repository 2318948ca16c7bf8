/** How a child process ended, in words: by a signal, or on Windows by a status code of the system (ntstatus.h). */

export interface ProcessExit {
  /** Windows gives 32 bits, without sign. */
  readonly code: number | null;
  /** On Windows only if this process itself ended the child. */
  readonly signal: string | null;
}

/**
 * `fault`: by a fault of its own. `memory`: because memory was refused. `outside`: by someone else. `other`: by itself, or not
 * known.
 */
export type ExitCause = 'fault' | 'memory' | 'outside' | 'other';

interface Status {
  readonly cause: ExitCause;
  /** What happened, and what to do. */
  readonly text: string;
}

const reinstall = 'install ollama again';
/** What a closed console and Ctrl-C look like when the process does not handle them. */
const consoleText = 'its console was closed, or Ctrl-C was pressed there: start it again';

/** By status code of Windows. */
const statuses: ReadonlyMap<number, Status> = new Map<number, Status>([
  [1, { cause: 'outside', text: 'Task Manager and taskkill end a process with this code' }],
  [3, { cause: 'fault', text: 'it aborted itself' }],
  [134, { cause: 'fault', text: 'it aborted itself' }],
  [0x40010004, { cause: 'outside', text: 'Windows ended it, as when a user signs out: start it again' }],
  [0x80000003, { cause: 'fault', text: 'it stopped at an assertion' }],
  [0xc0000005, { cause: 'fault', text: 'it used memory that is not its own' }],
  [
    0xc0000006,
    {
      cause: 'other',
      text: 'a file could not be read from its disk: check the disk or the network drive with the models',
    },
  ],
  [0xc0000017, { cause: 'memory', text: 'Windows refused more memory' }],
  [
    0xc000001d,
    { cause: 'fault', text: `this processor lacks an instruction that the libraries use: ${reinstall}` },
  ],
  [0xc0000094, { cause: 'fault', text: 'it divided by zero' }],
  [0xc00000fd, { cause: 'fault', text: 'its stack was too small' }],
  [
    0xc000012d,
    { cause: 'memory', text: 'Windows refused more memory: let it manage the size of the page file' },
  ],
  [0xc0000135, { cause: 'other', text: `a DLL is missing: ${reinstall}` }],
  [0xc0000139, { cause: 'other', text: `a DLL has another version than is needed: ${reinstall}` }],
  [0xc000013a, { cause: 'outside', text: consoleText }],
  [
    0xc0000142,
    { cause: 'outside', text: 'a DLL did not start, as when Windows is shutting down: start it again' },
  ],
  [0xc000007b, { cause: 'other', text: `a DLL is damaged or made for other processors: ${reinstall}` }],
  [0xc0000374, { cause: 'fault', text: 'its memory was damaged' }],
  [0xc0000409, { cause: 'fault', text: 'it ended itself after an assertion, or its stack was damaged' }],
]);

/** Windows has no signals: there, one is only the name of what this process did. */
const ENDED_BY_US = 'ended by the server';
/** Codes up to here are those of programs. */
const HIGHEST_PLAIN = 0xffff;
/** Codes from here on are errors of the system (NT_ERROR). */
const FIRST_ERROR = 0xc0000000;
/** Signals of faults in the program. Any other, such as SIGKILL, comes from outside. */
const faults: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL']);

/** Why a process ended, as far as that can be known. A code other than 0 is a fault: what reports errors has said so before. */
export function exitCause({ code, signal }: ProcessExit, platform: string = process.platform): ExitCause {
  if (signal !== null) return faults.has(signal) ? 'fault' : 'outside';
  if (code === null || code === 0) return 'other';
  if (platform !== 'win32') return 'fault';
  return statuses.get(code)?.cause ?? (code >= FIRST_ERROR ? 'fault' : 'other');
}

/** @returns such as "signal SIGSEGV", "exit code 1" or "exit code 0xC0000005 (it used memory that is not its own)" */
export function exitText({ code, signal }: ProcessExit, platform: string = process.platform): string {
  if (signal === null) return `exit code ${codeText(code, platform)}`;
  return platform === 'win32' ? ENDED_BY_US : `signal ${signal}`;
}

/** @returns a sentence, with advice where the cause is likely */
export function exitSentence({ code, signal }: ProcessExit, platform: string = process.platform): string {
  if (signal === null) return `the process exited with code ${codeText(code, platform)}`;
  if (platform === 'win32') return `the process was ${ENDED_BY_US}`;
  const advice = signal === 'SIGKILL' ? ', probably because the system ran out of memory: try again' : '';
  return `the process was killed by ${signal}${advice}`;
}

/** Status codes of Windows are known by their hexadecimal digits. */
function codeText(code: number | null, platform: string): string {
  if (platform !== 'win32' || code === null) return String(code);
  const digits = code > HIGHEST_PLAIN ? `0x${code.toString(16).toUpperCase()}` : String(code);
  const known = statuses.get(code);
  return known ? `${digits} (${known.text})` : digits;
}
