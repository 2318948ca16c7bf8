import { programVersion } from '../../base/version.ts';
import { hostUrl } from '../../config/host.ts';
import { buildServer } from '../../server/build.ts';
import { listen } from '../../server/serve.ts';
import { defineCommand } from '../command.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** What a shell reports for a program ended by Ctrl-C. */
const INTERRUPTED = 130;

/** Resolves at the first signal; a second one ends the process at once. */
function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const name of SIGNALS) {
      process.on(name, (signal) => {
        if (asked) process.exit(INTERRUPTED);
        asked = true;
        resolve(signal);
      });
    }
  });
}

export const serveCommand = defineCommand({
  name: 'serve',
  aliases: ['start'],
  usage: 'serve',
  summary: 'Start the server',
  arity: { min: 0, max: 0 },
  flags: {},
  settings: 'serve',
  needsServer: false,
  async run(_input, { config, warnings, stderr }) {
    const server = await buildServer({ config, warnings, version: programVersion() });
    try {
      const stopped = untilSignal();
      const listening = await listen(server.app, config.host, server.quickReplies);
      stderr.write(`Listening on ${listening.url} (version ${programVersion()})\n`);
      server.logger.debug('settings', { ...config, host: hostUrl(config.host) });
      server.logger.info('stopping', { signal: await stopped });
      await Promise.all([listening.close(), server.close()]);
    } finally {
      await server.close();
    }
    return 0;
  },
});
