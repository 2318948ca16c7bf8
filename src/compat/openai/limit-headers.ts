import { formatDuration } from '../../base/duration.ts';

/** A limit, and how much is left of it. */
interface Standing {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until all of it is there again. */
  readonly resetMs: number;
}

/**
 * The headers in which OpenAI's API tells of limits, with durations such as "6m0s":
 * https://platform.openai.com/docs/guides/rate-limits
 */
export function openAiLimitHeaders(
  standings: Readonly<Record<'requests' | 'tokens', Standing | undefined>>,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [kind, standing] of Object.entries(standings)) {
    if (!standing) continue;
    headers[`x-ratelimit-limit-${kind}`] = String(standing.limit);
    headers[`x-ratelimit-remaining-${kind}`] = String(standing.remaining);
    headers[`x-ratelimit-reset-${kind}`] = formatDuration(Math.ceil(standing.resetMs));
  }
  return headers;
}
