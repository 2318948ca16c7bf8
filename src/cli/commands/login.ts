import { OllamaError } from '../../base/errors.ts';
import { userFolder } from '../../config/environment.ts';
import { type Credential, credentialProblem } from '../../registry/identity/credential.ts';
import { CredentialFile } from '../../registry/identity/credential-file.ts';
import { askLine, readSecret } from '../ask-line.ts';
import { type CommandContext, defineCommand, textFlag } from '../command.ts';
import { registryHost } from '../registry-host.ts';

interface Asked {
  readonly username: string | undefined;
  readonly fromStdin: boolean;
}

/** Asks for a credential. Without a user name, the secret is a token. */
async function askCredential({ username, fromStdin }: Asked, context: CommandContext): Promise<Credential> {
  const { stdin, stderr } = context;
  if (fromStdin) {
    const secret = await readSecret(stdin);
    return username === undefined ? { token: secret } : { username, password: secret };
  }
  if (!stdin.isTTY) {
    const message = 'standard input is not a terminal: pass the password or token with --password-stdin';
    throw new OllamaError('invalid-request', message);
  }
  const terminal = { stdin, stderr };
  const name =
    username ?? (await askLine('Username (leave empty for a token): ', terminal, { hidden: false }));
  if (name === '') return { token: await askLine('Token: ', terminal, { hidden: true }) };
  return { username: name, password: await askLine('Password: ', terminal, { hidden: true }) };
}

export const loginCommand = defineCommand({
  name: 'login',
  usage: 'login HOST',
  summary: 'Store a password or token for a registry',
  arity: { min: 1, max: 1 },
  flags: {
    username: {
      type: 'string',
      short: 'u',
      help: 'User name; leave it out for a token',
      placeholder: 'name',
    },
    'password-stdin': { type: 'boolean', help: 'Read the password or token from standard input' },
  },
  settings: 'client',
  needsServer: false,
  async run({ positionals: [text = ''], flags }, context) {
    const { environment, stdout, stderr } = context;
    const host = registryHost(text);
    const asked = { username: textFlag(flags, 'username'), fromStdin: flags['password-stdin'] === true };
    const credential = await askCredential(asked, context);
    const problem = credentialProblem(credential);
    if (problem !== undefined) throw new OllamaError('invalid-request', `nothing was stored: ${problem}`);
    const file = new CredentialFile(userFolder(environment), (message) => {
      stderr.write(`Warning: ${message}\n`);
    });
    await file.store(host, credential);
    stdout.write(`stored the credentials for ${host} in ${file.path}; the next push or pull will use them\n`);
    return 0;
  },
});
