import { userFolder } from '../../config/environment.ts';
import { CredentialFile } from '../../registry/identity/credential-file.ts';
import { defineCommand } from '../command.ts';
import { registryHost } from '../registry-host.ts';

export const logoutCommand = defineCommand({
  name: 'logout',
  usage: 'logout HOST',
  summary: 'Remove the stored password or token for a registry',
  arity: { min: 1, max: 1 },
  flags: {},
  settings: 'client',
  needsServer: false,
  async run({ positionals: [text = ''] }, { environment, stdout, stderr }) {
    const host = registryHost(text);
    const file = new CredentialFile(userFolder(environment), (message) => {
      stderr.write(`Warning: ${message}\n`);
    });
    const removed = await file.remove(host);
    stdout.write(removed ? `logged out of ${host}\n` : `not logged in to ${host}\n`);
    return 0;
  },
});
