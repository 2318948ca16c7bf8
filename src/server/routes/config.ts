import type { ConfigResponse } from '../../api/config.ts';
import { shownSettings } from '../../config/shown-settings.ts';
import { jsonReply } from '../reply/http-reply.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function configRoute({ settings }: Pick<ServerParts, 'settings'>): Route {
  return {
    path: '/api/config',
    handlers: {
      GET: () => {
        const { path } = settings;
        const body: ConfigResponse = {
          ...(path !== undefined && { file: path }),
          settings: shownSettings({ config: settings.current, sources: settings.sources }),
        };
        return jsonReply(body, { 'Cache-Control': 'no-store' });
      },
    },
  };
}
