/** How a program is started when it may be one of Windows' batch files, as npm makes them for each program of a package. */
import { OllamaError } from '../base/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What `spawn` gets. */
export interface ProgramStart {
  readonly program: string;
  readonly args: readonly string[];
  /** Whether the arguments are parts of a command line already. */
  readonly windowsVerbatimArguments?: true;
}

const batchFile = /\.(?:cmd|bat)$/i;
/** No extensions can be off, no delayed expansion of `!`, and no AutoRun commands of the user. */
const shellSwitches = ['/e:ON', '/v:OFF', '/d', '/c'];
/** Text that needs no quotes anywhere. */
const plainArgument = /^[\w./:@+\\-]*[\w./:@+-]$/;

/**
 * Node refuses to start a batch file without a shell, because cmd.exe reads the arguments as a command line of its own:
 * https://nodejs.org/api/child_process.html#spawning-bat-and-cmd-files-on-windows. Here each argument is quoted so that cmd.exe takes
 * it as it is, both when it starts the file and when the file passes it on with `%*`.
 * @throws OllamaError `invalid-request` for an argument that no quotes can carry
 */
export function programStart(
  path: string,
  args: readonly string[],
  platform: NodeJS.Platform = process.platform,
  environment: Environment = process.env,
): ProgramStart {
  if (platform !== 'win32' || !batchFile.test(path)) return { program: path, args };
  const line = [quoted(path), ...args.map((arg) => (plainArgument.test(arg) ? arg : quoted(arg)))].join(' ');
  return {
    program: environment.ComSpec || environment.COMSPEC || 'cmd.exe',
    args: [...shellSwitches, `"${line}"`],
    windowsVerbatimArguments: true,
  };
}

/**
 * Quotes are doubled, which programs read as one, and so are backslashes before a quote. `%cd:~,%` is an empty part of a variable
 * that always exists: a percent sign before it cannot begin another variable.
 */
function quoted(text: string): string {
  if (/[\0\r\n]/.test(text)) {
    const shown = JSON.stringify(text.slice(0, 60));
    throw new OllamaError(
      'invalid-request',
      `a batch file cannot get an argument with a line break: ${shown}`,
    );
  }
  const escaped = text
    .replace(/(\\*)"/g, '$1$1""')
    .replace(/\\+$/, '$&$&')
    .replaceAll('%', '%%cd:~,%');
  return `"${escaped}"`;
}
