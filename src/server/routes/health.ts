import type { KeyAccess } from '../../access/key-access.ts';
import type { KeyBudgets } from '../../access/limits/key-budgets.ts';
import type { HealthResponse } from '../../api/health.ts';
import { messageOf, OllamaError } from '../../base/errors.ts';
import type { Caller } from '../../inference/caller.ts';
import type { Inference } from '../../inference/inference.ts';
import { checkedModel, type Health } from '../health.ts';
import { refuseBrowsers } from '../middleware/fetch-site.ts';
import { requireScope } from '../middleware/key-check.ts';
import { countRequest } from '../middleware/rate-limits.ts';
import { errorReply, jsonReply } from '../reply/http-reply.ts';
import { isLocalClient } from '../request/loopback.ts';
import { requestCaller } from '../request/request-caller.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { RequestContext, Route } from '../server-parts.ts';

/** Time limit for loading a large model and generating one token. */
const MODEL_PROBE_MS = 5 * 60 * 1000;
/** Statuses of a model that does not exist, or that the key may not use, or not now: the fault is the request's. */
const REFUSED = [403, 404, 429];

interface Parts {
  readonly health: Pick<Health, 'check'>;
  readonly inference: Pick<Inference, 'generate'>;
  readonly keys: Pick<KeyAccess, 'isNeeded' | 'hasKeys'>;
  readonly limits: { readonly budgets: Pick<KeyBudgets, 'countRequest'> };
}

/** `?live` only checks that the server answers; `?model=NAME` also checks that the model answers. */
export function healthRoutes({ health, inference, keys, limits }: Parts): Route[] {
  const handler = async (context: RequestContext) => {
    if (context.req.query('live') !== undefined) return reply({ status: 'ok', checks: [] });
    const model = context.req.query('model');
    if (model) {
      refuseBrowsers(context, 'models are run for health checks');
      requireScope(context, keys, 'generate');
      countRequest(context, limits.budgets);
    }
    const report = await health.check();
    if (!model || report.status !== 'ok') return reply(visible(report, context, keys));
    const abort = requestAbort(context);
    const timer = setTimeout(() => abort.abort(), MODEL_PROBE_MS);
    try {
      return reply(
        visible(
          withAnswer(report, model, await problemOf(inference, model, requestCaller(context, abort))),
          context,
          keys,
        ),
      );
    } finally {
      clearTimeout(timer);
    }
  };
  const handlers = { GET: handler, HEAD: handler };
  return [
    { path: '/health', handlers },
    { path: '/v1/health', handlers },
    // Some managers of containers send a POST.
    { path: '/ping', handlers: { ...handlers, POST: handler } },
  ];
}

/** Generates one token and returns what is wrong, if anything. @throws OllamaError `not-found`, `forbidden`, `rate-limited` */
async function problemOf(
  inference: Parts['inference'],
  model: string,
  caller: Caller,
): Promise<string | undefined> {
  try {
    const request = { model, prompt: 'ok', raw: true, options: { num_predict: 1 } };
    for await (const { done } of inference.generate(request, caller)) if (done) return undefined;
    return 'the completion did not end';
  } catch (error) {
    if (error instanceof OllamaError && REFUSED.includes(error.status)) throw error;
    return messageOf(error);
  }
}

/**
 * What a client may read of a report: with a key, nothing about models that the key may not use; without the key that it needs,
 * only whether the server is healthy, unless it is a program on this machine.
 */
function visible(
  { status, checks }: HealthResponse,
  context: RequestContext,
  keys: Pick<KeyAccess, 'isNeeded'>,
): HealthResponse {
  const key = context.get('key');
  if (!key) return { status, checks: keys.isNeeded && !isLocalClient(context) ? [] : checks };
  const mayKnow = (model: string | undefined) => model === undefined || key.mayUse(model);
  return { status, checks: checks.filter((check) => mayKnow(checkedModel(check))) };
}

function withAnswer(report: HealthResponse, model: string, problem: string | undefined): HealthResponse {
  const name = `answer of ${model}`;
  const check = problem === undefined ? { name, ok: true } : { name, ok: false, detail: problem };
  return { status: check.ok ? 'ok' : 'unavailable', checks: [...report.checks, check] };
}

function reply(report: HealthResponse): Response {
  return report.status === 'ok' ? jsonReply(report) : errorReply({ status: 503 }, report);
}
