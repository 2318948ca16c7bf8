import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../base/clock.ts';
import { openFileLimit } from '../../base/open-files.ts';
import { programVersion } from '../../base/version.ts';
import { type Environment, userFolder } from '../../config/environment.ts';
import { hostUrl } from '../../config/host.ts';
import { LiveSettings } from '../../config/live-settings.ts';
import { SettingsReload } from '../../config/settings-reload.ts';
import { type BuiltServer, buildServer } from '../../server/build.ts';
import { connectionBounds, lowLimitWarning } from '../../server/connections/descriptor-limit.ts';
import { type Entrance, openEntrance } from '../../server/listening/entrance.ts';
import { serviceVariables } from '../../server/listening/inherited-sockets.ts';
import { findServiceManager, type ServiceManager } from '../../server/listening/service/service-manager.ts';
import { defineCommand } from '../command.ts';
import { type EndTimes, endTimes, onHangup, untilSignal } from '../serve-signals.ts';

/** Time for the errors of stopped requests to reach their clients. */
const LAST_WORDS_MS = 1000;
/**
 * How long the process may live after everything was closed. What holds it then waits for others, such as a collector of
 * traces that does not answer.
 */
const EXIT_GRACE_MS = 500;

/**
 * Stops in the order that loses no request: health checks turn red while requests are still served, then new ones are
 * refused, and the port closes last, because closing it would reset the connections that the kernel holds.
 */
async function stopServing(
  server: Pick<BuiltServer, 'shutdown' | 'stop'>,
  entrance: Pick<Entrance, 'close'>,
  { drainGraceMs, shutdownTimeoutMs }: EndTimes,
): Promise<void> {
  server.shutdown.announce();
  if (drainGraceMs > 0) await pause(drainGraceMs);
  const deadline = performance.now() + shutdownTimeoutMs + LAST_WORDS_MS;
  await server.stop(shutdownTimeoutMs);
  await entrance.close(Math.max(LAST_WORDS_MS, deadline - performance.now()));
}

/** What a service manager told this process. It is taken out of the environment, which child processes inherit. */
function takeServiceVariables(environment: Environment): Environment {
  const taken = { ...environment };
  for (const name of serviceVariables) delete process.env[name];
  return taken;
}

/** The parts of a server that is open, or about to be. */
interface OpenParts {
  readonly settings: Pick<SettingsReload, 'reload'>;
  entrance?: Entrance;
  manager?: ServiceManager | undefined;
}

async function reloadAll({ settings, entrance, manager }: OpenParts): Promise<void> {
  manager?.reloading();
  await Promise.all([settings.reload(), entrance?.reload()]);
  manager?.ready(`listening on ${entrance?.urls.join(', ')}`);
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
    const service = takeServiceVariables(environment);
    const settings = new LiveSettings(loaded);
    let open: OpenParts | undefined;
    const server = await buildServer({
      settings,
      warnings,
      version: programVersion(),
      userFolder: userFolder(environment),
      certificateExpiry: () => open?.entrance?.certificateExpiry,
      isReachable: () => open?.entrance?.isReachable ?? false,
    });
    const { logger } = server;
    const reload = new SettingsReload({ environment, settings, loaded, clock: systemClock, logger });
    const parts: OpenParts = { settings: reload };
    open = parts;
    try {
      const stopped = untilSignal();
      onHangup(() => void reloadAll(parts));
      const files = openFileLimit();
      const lowLimit = lowLimitWarning(files);
      if (lowLimit !== undefined) logger.warn(lowLimit);
      const bounds = connectionBounds(files);
      const entrance = await openEntrance({ server, config, environment: service, bounds });
      parts.entrance = entrance;
      server.logAccess();
      const state = () => server.state();
      parts.manager = await findServiceManager(service, { state, clock: systemClock, logger });
      void server.preload();
      const { urls } = entrance;
      stderr.write(`Listening on ${urls.join(', ')} (version ${programVersion()})\n`);
      if (config.logFile !== '') logger.info('listening', { urls, version: programVersion() });
      parts.manager?.ready(`listening on ${urls.join(', ')}`);
      server.logger.debug('settings', { ...config, host: hostUrl(config.host) });
      const signal = await stopped;
      server.logger.info('stopping', { signal });
      const times = endTimes(signal, settings.view);
      parts.manager?.stopping(times.drainGraceMs + times.shutdownTimeoutMs);
      await stopServing(server, entrance, times);
    } finally {
      reload.stop();
      await server.close();
      parts.manager?.close();
      // Unless nothing else holds the process: then it exits by itself, and before this.
      setTimeout(() => process.exit(), EXIT_GRACE_MS).unref();
    }
    return 0;
  },
});
