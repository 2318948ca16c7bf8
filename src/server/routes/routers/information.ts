import { modelInfo, serverInfo } from '../../../compat/routers/server-info.ts';
import { eventSources } from '../../kv-events.ts';
import { jsonReply } from '../../reply/http-reply.ts';
import type { RequestContext, Route, ServerParts } from '../../server-parts.ts';
import { type ServedParts, servedModel } from './served-model.ts';

type Parts = ServedParts & Pick<ServerParts, 'version' | 'config'>;

/** What routers ask about the server and its model before they use it, at the paths of today and those of before. */
export function informationRoutes({ version, config, ...parts }: Parts): Route[] {
  const ofServer = async (context: RequestContext) => {
    const blockSize = config.kvEventsBlockSize;
    return jsonReply(serverInfo({ version, blockSize }, await servedModel(context, parts)));
  };
  const ofModel = async (context: RequestContext) => jsonReply(modelInfo(await servedModel(context, parts)));
  return [
    { path: '/server_info', handlers: { GET: ofServer } },
    { path: '/get_server_info', handlers: { GET: ofServer } },
    { path: '/model_info', handlers: { GET: ofModel } },
    { path: '/get_model_info', handlers: { GET: ofModel } },
    { path: '/kv_event_sources', handlers: { GET: () => jsonReply(eventSources(config)) } },
  ];
}
