import { writeFile } from 'node:fs/promises';
import { KeyFolder } from '../../access/key-folder.ts';
import type { KeyInfo, NewKeyResponse } from '../../api/keys.ts';
import { messageOf, OllamaError } from '../../base/errors.ts';
import { userFolder } from '../../config/environment.ts';
import { isOwnHost } from '../../config/host.ts';
import { type CommandContext, type CommandInput, defineCommand, textFlag } from '../command.ts';
import { jsonFlag, printJson } from '../output/json-flag.ts';
import { keyDetails, keyTable } from '../output/key-table.ts';
import { narrowColumns } from '../output/terminal-traits.ts';
import { createRequestOf, grantFlags } from './key-flags.ts';

const OWNER_ONLY = 0o600;
const UNAUTHORIZED = 401;
const FORBIDDEN = 403;

/** What the command asks of a server, or does to the key file. */
type Keys = Pick<KeyFolder, 'list' | 'show' | 'create' | 'rotate' | 'revoke'>;

export const keyCommand = defineCommand({
  name: 'key',
  usage: 'key list | create NAME | show NAME | revoke NAME | rotate NAME',
  summary: 'Manage the API keys of a server',
  arity: { min: 1, max: 2 },
  flags: {
    ...grantFlags,
    grace: {
      type: 'string',
      placeholder: 'TIME',
      help: 'How long the old key is still accepted after "rotate", such as 1h (default not at all)',
    },
    output: {
      type: 'string',
      short: 'o',
      placeholder: 'FILE',
      help: 'Write a new key to a file that only you can read, not to the terminal',
      takesFile: true,
    },
    local: { type: 'boolean', help: "Change this user's key file without asking a server" },
    json: jsonFlag,
  },
  settings: 'client',
  needsServer: false,
  async run(input, context) {
    const keys = await keysOf(input, context);
    try {
      return await perform(keys, input, context);
    } catch (error) {
      throw explained(error);
    }
  },
});

async function perform(keys: Keys, input: CommandInput, context: CommandContext): Promise<number> {
  const [action, name] = input.positionals;
  const { flags } = input;
  switch (action) {
    case 'list':
    case 'ls':
      return list(keys, flags.json === true, context);
    case 'create': {
      const request = createRequestOf(required(name), flags);
      return show(await keys.create(request), input, context);
    }
    case 'rotate':
      return show(await keys.rotate(required(name), textFlag(flags, 'grace')), input, context);
    case 'show':
      return print(await keys.show(required(name)), flags.json === true, context);
    case 'revoke':
    case 'rm':
      return revoke(keys, required(name), context);
    default:
      throw new OllamaError(
        'invalid-request',
        `unknown action "${action}": use list, create, show, revoke or rotate`,
      );
  }
}

/** The server's keys; without a server on this machine, those of the user's file. */
async function keysOf({ flags }: CommandInput, context: CommandContext): Promise<Keys> {
  const { client, config, environment, stderr } = context;
  const folder = new KeyFolder(userFolder(environment));
  if (flags.local === true) return folder;
  try {
    await client.heartbeat();
  } catch (error) {
    // The server of another machine has its own file.
    if (!isOwnHost(config.host.host)) throw error;
    stderr.write(`no server answers; using ${folder.path}, which a server of this user reads\n`);
    return folder;
  }
  return client.keys;
}

function required(name: string | undefined): string {
  if (name !== undefined) return name;
  throw new OllamaError('invalid-request', 'the name of the key is missing');
}

async function list(keys: Keys, asJson: boolean, { stdout }: CommandContext): Promise<number> {
  const reply = await keys.list();
  if (asJson) printJson(reply, stdout);
  else stdout.write(keyTable(reply.keys, narrowColumns(stdout)));
  return 0;
}

function print(key: KeyInfo, asJson: boolean, { stdout }: CommandContext): number {
  if (asJson) printJson(key, stdout);
  else stdout.write(keyDetails(key));
  return 0;
}

/** Prints the key alone to standard output, so that scripts can take it from there. */
async function show(
  reply: NewKeyResponse,
  { flags }: CommandInput,
  { stdout, stderr }: CommandContext,
): Promise<number> {
  const { key, ...info } = reply;
  const path = textFlag(flags, 'output');
  if (path !== undefined) await writeKey(path, key, stdout);
  if (flags.json === true) printJson(path === undefined ? reply : info, stdout);
  else {
    stderr.write(keyDetails(info));
    stderr.write(path === undefined ? 'keep the key: it is not shown again\n' : `wrote the key to ${path}\n`);
    if (path === undefined) stdout.write(`${key}\n`);
  }
  return 0;
}

/** The key exists already, so if it cannot be written it is shown. */
async function writeKey(path: string, key: string, stdout: NodeJS.WriteStream): Promise<void> {
  try {
    // A file that exists may be readable by others, or be a link to somewhere else.
    await writeFile(path, `${key}\n`, { mode: OWNER_ONLY, flag: 'wx' });
  } catch (error) {
    stdout.write(`${key}\n`);
    throw new OllamaError(
      'invalid-request',
      `the key is above, because it could not be written: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

async function revoke(keys: Keys, name: string, { stderr }: CommandContext): Promise<number> {
  const { id, name: revoked } = await keys.revoke(name);
  stderr.write(`revoked ${revoked} (${id})\n`);
  // The server refuses the question if the key that asks it was the one that was revoked.
  const rest = await keys.list().catch(() => undefined);
  if (rest?.keys.length === 0) {
    stderr.write(
      'no key is left: a running server stays closed, and only programs on its machine can create the next key; after a restart it needs no key, unless OLLAMA_REQUIRE_KEY is on\n',
    );
  }
  return 0;
}

function explained(error: unknown): unknown {
  if (!(error instanceof OllamaError) || ![UNAUTHORIZED, FORBIDDEN].includes(error.status)) return error;
  const advice =
    'set OLLAMA_API_KEY to a key with the scope admin, or use --local on the machine and as the user of the server';
  return new OllamaError(error.code, `${error.message}\n${advice}`, { status: error.status, cause: error });
}
