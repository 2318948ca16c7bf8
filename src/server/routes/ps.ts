import type { PsModel, PsResponse } from '../../api/ps.ts';
import { noDetails } from '../../inference/remote/remote-tags.ts';
import type { RunningModel } from '../../scheduler/running-model.ts';
import type { UpstreamState } from '../../upstreams/routing/upstream-state.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { usableModels } from '../reply/usable-models.ts';
import type { Route, ServerParts } from '../server-parts.ts';

/** Go's longest duration, about 292 years, which Ollama uses for "forever". */
const FOREVER_MS = 2 ** 63 / 1e6;

export function psRoute({ scheduler, upstreams }: Pick<ServerParts, 'scheduler' | 'upstreams'>): Route {
  return {
    path: '/api/ps',
    handlers: {
      GET: (context) => {
        const here = usableModels(context, scheduler.running()).map(describe);
        const models = [...here, ...usableModels(context, upstreams.all.flatMap(describeRemote))];
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

/** The models that an upstream has answered for lately. */
function describeRemote({ name: upstream, used, breaker }: UpstreamState): PsModel[] {
  return used.map(({ name, target, until }) => ({
    ...{ name, model: name, size: 0, digest: '', details: noDetails },
    ...{ expires_at: new Date(until).toISOString(), size_vram: 0, context_length: 0 },
    ...{ remote_model: target, remote_host: upstream },
    remote_state: breaker.state === 'open' ? 'out of use' : 'in use',
  }));
}
