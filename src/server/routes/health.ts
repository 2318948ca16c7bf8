import type { HealthResponse } from '../../api/health.ts';
import { messageOf, OllamaError } from '../../base/errors.ts';
import type { Caller } from '../../inference/caller.ts';
import type { Inference } from '../../inference/inference.ts';
import type { Health } from '../health.ts';
import { refuseBrowsers } from '../middleware/fetch-site.ts';
import { errorReply, jsonReply } from '../reply/http-reply.ts';
import { requestCaller } from '../request/request-caller.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { RequestContext, Route } from '../server-parts.ts';

/** Time limit for loading a large model and generating one token. */
const MODEL_PROBE_MS = 5 * 60 * 1000;
const NOT_FOUND = 404;

interface Parts {
  readonly health: Pick<Health, 'check'>;
  readonly inference: Pick<Inference, 'generate'>;
}

/** `?live` only checks that the server answers; `?model=NAME` also checks that the model answers. */
export function healthRoute({ health, inference }: Parts): Route {
  const handler = async (context: RequestContext) => {
    if (context.req.query('live') !== undefined) return reply({ status: 'ok', checks: [] });
    const model = context.req.query('model');
    if (model) refuseBrowsers(context, 'models are run for health checks');
    const report = await health.check();
    if (!model || report.status !== 'ok') return reply(report);
    const abort = requestAbort(context);
    const timer = setTimeout(() => abort.abort(), MODEL_PROBE_MS);
    try {
      return reply(
        withAnswer(report, model, await problemOf(inference, model, requestCaller(context, abort))),
      );
    } finally {
      clearTimeout(timer);
    }
  };
  return { path: '/health', handlers: { GET: handler, HEAD: handler } };
}

/** Generates one token and returns what is wrong, if anything. @throws OllamaError `not-found` */
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
    if (error instanceof OllamaError && error.status === NOT_FOUND) throw error;
    return messageOf(error);
  }
}

function withAnswer(report: HealthResponse, model: string, problem: string | undefined): HealthResponse {
  const name = `answer of ${model}`;
  const check = problem === undefined ? { name, ok: true } : { name, ok: false, detail: problem };
  return { status: check.ok ? 'ok' : 'unavailable', checks: [...report.checks, check] };
}

function reply(report: HealthResponse): Response {
  return report.status === 'ok' ? jsonReply(report) : errorReply({ status: 503 }, report);
}
