/** The listeners of a server with its certificate, which is replaced while they are open. */
import { systemClock } from '../../base/clock.ts';
import type { Config } from '../../config/config.ts';
import type { Environment } from '../../config/environment.ts';
import type { BuiltServer } from '../build.ts';
import { type ListeningServer, type ListenOptions, listenEverywhere } from '../serve.ts';
import { inheritedSockets } from './inherited-sockets.ts';
import { chooseListeners, isSecure } from './listeners.ts';
import { certificateFiles } from './tls/certificate-files.ts';
import { ServedCertificate } from './tls/served-certificate.ts';

interface EntranceParts {
  readonly server: Pick<BuiltServer, 'app' | 'quickReplies' | 'logger' | 'shutdown'>;
  readonly config: Config;
  /** With the variables in which a service manager names its sockets. */
  readonly environment: Environment;
  readonly bounds: ListenOptions['bounds'];
}

export interface Entrance extends Pick<ListeningServer, 'urls' | 'isReachable' | 'close'> {
  /** Reads the files of the certificate again. Never rejects. */
  reload(): Promise<void>;
  /** When the certificate expires; undefined without one. */
  readonly certificateExpiry: string | undefined;
}

/**
 * Opens all listeners of the settings, or none.
 * @throws OllamaError that names the setting or the address, and what is wrong with it
 */
export async function openEntrance({
  server,
  config,
  environment,
  bounds,
}: EntranceParts): Promise<Entrance> {
  const { app, quickReplies: replies, logger, shutdown: stopping } = server;
  const listeners = chooseListeners(config, inheritedSockets(environment, process.pid));
  const files = listeners.some(isSecure) ? certificateFiles(config) : undefined;
  const certificate = files && (await ServedCertificate.open({ files, clock: systemClock, logger }));
  try {
    const listening = await listenEverywhere(app, listeners, {
      replies,
      logger,
      stopping,
      ...(bounds && { bounds }),
      ...(certificate && { certificate }),
    });
    return {
      urls: listening.urls,
      isReachable: listening.isReachable,
      close: (graceMs) => listening.close(graceMs).finally(() => certificate?.stop()),
      reload: async () => certificate?.reload(),
      get certificateExpiry() {
        return certificate?.expiry;
      },
    };
  } catch (error) {
    certificate?.stop();
    throw error;
  }
}
