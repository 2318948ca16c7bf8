import { OllamaError } from '../../base/errors.ts';
import type { PageFormat } from '../../metrics/page/prom-metric.ts';
import { chunksReply } from '../reply/chunks-reply.ts';
import type { RequestContext, Route, ServerParts } from '../server-parts.ts';

/** What is counted, in the text format of Prometheus, or in OpenMetrics for whoever asks for that. */
export function metricsRoute({ metrics }: Pick<ServerParts, 'metrics'>): Route {
  const handler = async (context: RequestContext) => {
    if (!metrics) throw new OllamaError('not-found', 'the metrics are switched off: see OLLAMA_METRICS');
    const { type, chunks } = await metrics.page(formatOf(context.req.header('Accept')));
    return chunksReply(chunks, { 'Content-Type': type });
  };
  return { path: '/metrics', handlers: { GET: handler, HEAD: handler } };
}

/** Prometheus names the formats that it reads, and prefers OpenMetrics wherever it names it. */
function formatOf(accept = ''): PageFormat {
  return accept.includes('application/openmetrics-text') ? 'openMetrics' : 'prometheus';
}
