import { setTimeout as pause } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { systemClock } from '../../base/clock.ts';
import { openFileLimit } from '../../base/open-files.ts';
import { programVersion } from '../../base/version.ts';
import type { Config } from '../../config/config.ts';
import { hostUrl } from '../../config/host.ts';
import { LiveSettings } from '../../config/live-settings.ts';
import { userFolder } from '../../config/settings.ts';
import { SettingsReload } from '../../config/settings-reload.ts';
import { type BuiltServer, buildServer } from '../../server/build.ts';
import { connectionBounds, lowLimitWarning } from '../../server/connections/descriptor-limit.ts';
import { type ListeningServer, listen } from '../../server/serve.ts';
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

/**
 * Stops in the order that loses no request: health checks turn red while requests are still served, then new ones are
 * refused, and the port closes last, because closing it would reset the connections that the kernel holds.
 */
async function stopServing(
  server: Pick<BuiltServer, 'shutdown' | 'stop'>,
  listening: Pick<ListeningServer, 'close'>,
  { drainGraceMs, shutdownTimeoutMs }: Pick<Config, 'drainGraceMs' | 'shutdownTimeoutMs'>,
): Promise<void> {
  server.shutdown.announce();
  if (drainGraceMs > 0) await pause(drainGraceMs);
  const deadline = performance.now() + shutdownTimeoutMs + LAST_WORDS_MS;
  await server.stop(shutdownTimeoutMs);
  await listening.close(Math.max(LAST_WORDS_MS, deadline - performance.now()));
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
      const files = openFileLimit();
      const lowLimit = lowLimitWarning(files);
      if (lowLimit !== undefined) logger.warn(lowLimit);
      const { app, quickReplies: replies, shutdown: stopping } = server;
      const bounds = connectionBounds(files);
      const listening = await listen(app, config.host, { replies, logger, stopping, bounds });
      void server.preload();
      stderr.write(`Listening on ${listening.url} (version ${programVersion()})\n`);
      if (config.logFile !== '') logger.info('listening', { url: listening.url, version: programVersion() });
      server.logger.debug('settings', { ...config, host: hostUrl(config.host) });
      server.logger.info('stopping', { signal: await stopped });
      await stopServing(server, listening, settings.view);
    } finally {
      reload.stop();
      await server.close();
    }
    return 0;
  },
});
