import { isatty } from 'node:tty';
import { systemClock } from '../../base/clock.ts';
import { programVersion } from '../../base/version.ts';
import { hostUrl } from '../../config/host.ts';
import { LiveSettings } from '../../config/live-settings.ts';
import { userFolder } from '../../config/settings.ts';
import { SettingsReload } from '../../config/settings-reload.ts';
import { buildServer } from '../../server/build.ts';
import { listen } from '../../server/serve.ts';
import { defineCommand } from '../command.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Exit code that shells use for a program ended by Ctrl-C. */
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

/** Time for the errors of stopped requests to reach their clients. */
const LAST_WORDS_MS = 1000;
const STDIN = 0;

/**
 * SIGHUP reloads the settings, unless it reports that the terminal was closed. In that case it ends the process at
 * once, as it would without a handler, because Node crashes when it exits after losing its terminal.
 */
function onHangup(reload: () => void): void {
  const hadTerminal = isatty(STDIN);
  const hear = () => {
    if (!hadTerminal || isatty(STDIN)) return reload();
    process.off('SIGHUP', hear);
    process.kill(process.pid, 'SIGHUP');
  };
  process.on('SIGHUP', hear);
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
  async run(_input, { config, settings: loaded, environment, warnings, stderr }) {
    const settings = new LiveSettings(loaded);
    const server = await buildServer({
      settings,
      warnings,
      version: programVersion(),
      userFolder: userFolder(environment),
    });
    const { logger } = server;
    const reload = new SettingsReload({ environment, settings, loaded, clock: systemClock, logger });
    try {
      const stopped = untilSignal();
      onHangup(() => void reload.reload());
      const listening = await listen(server.app, config.host, server.quickReplies);
      void server.preload();
      stderr.write(`Listening on ${listening.url} (version ${programVersion()})\n`);
      if (config.logFile !== '') logger.info('listening', { url: listening.url, version: programVersion() });
      server.logger.debug('settings', { ...config, host: hostUrl(config.host) });
      server.logger.info('stopping', { signal: await stopped });
      const graceMs = config.shutdownTimeoutMs;
      await Promise.all([listening.close(graceMs + LAST_WORDS_MS), server.stop(graceMs)]);
    } finally {
      reload.stop();
      await server.close();
    }
    return 0;
  },
});
