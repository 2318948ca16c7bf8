import { requireModel } from '../../../access/require-model.ts';
import { loadsReply } from '../../../compat/routers/loads.ts';
import type { RunningModel } from '../../../scheduler/running-model.ts';
import { jsonReply } from '../../reply/http-reply.ts';
import { usableModels } from '../../reply/usable-models.ts';
import type { RequestContext, Route, ServerParts } from '../../server-parts.ts';

type Parts = Pick<ServerParts, 'scheduler' | 'metrics' | 'version'>;

/** How busy the models are, all that the key may use together, or the one that `?model=` names. */
export function loadsRoutes({ scheduler, metrics, version }: Parts): Route[] {
  const handler = (context: RequestContext) => {
    const asked = context.req.query('model') || undefined;
    if (asked !== undefined) requireModel(context.get('key'), asked);
    const isMeant = ({ name }: { readonly name: string }) => asked === undefined || isNamed(name, asked);
    const models = usableModels(context, scheduler.running()).filter(isMeant);
    const waiting = usableModels(context, scheduler.waiting()).filter(isMeant);
    const sum = (of: (model: RunningModel) => number) => models.reduce((total, one) => total + of(one), 0);
    const engine = metrics?.engineLoad(models.map(({ name }) => name));
    const { heldTokens = 0, promptTokens = 0, reusedTokens = 0, generationRate = 0 } = engine ?? {};
    const load = {
      running: sum(({ activeRequests }) => activeRequests),
      waiting: waiting.length,
      slots: sum(({ slots }) => slots),
      capacity: sum(({ slots, contextLength }) => slots * contextLength),
      ...{ heldTokens, promptTokens, reusedTokens, generationRate },
    };
    return jsonReply(loadsReply(load, { version, at: new Date() }));
  };
  return [
    { path: '/v1/loads', handlers: { GET: handler } },
    { path: '/loads', handlers: { GET: handler } },
  ];
}

/** Whether a name means this model, with its tag or without. */
function isNamed(name: string, asked: string): boolean {
  return name === asked || name === `${asked}:latest`;
}
