import type { PsModel, PsResponse } from '../../api/ps.ts';
import type { RunningModel } from '../../scheduler/running-model.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { usableModels } from '../reply/usable-models.ts';
import type { Route, ServerParts } from '../server-parts.ts';

/** Go's longest duration, about 292 years, which Ollama uses for "forever". */
const FOREVER_MS = 2 ** 63 / 1e6;

export function psRoute({ scheduler }: Pick<ServerParts, 'scheduler'>): Route {
  return {
    path: '/api/ps',
    handlers: {
      GET: (context) => {
        const models = usableModels(context, scheduler.running()).map(describe);
        models.sort((left, right) => Date.parse(right.expires_at) - Date.parse(left.expires_at));
        const body: PsResponse = { models };
        return jsonReply(body);
      },
    },
  };
}

function describe(running: RunningModel): PsModel {
  const { expiresAt } = running;
  const expires = expiresAt === 'forever' ? new Date(Date.now() + FOREVER_MS) : expiresAt;
  return {
    name: running.name,
    model: running.name,
    size: running.sizeBytes,
    digest: running.digest,
    details: running.details,
    expires_at: expires.toISOString(),
    size_vram: running.gpuBytes,
    context_length: running.contextLength,
  };
}
