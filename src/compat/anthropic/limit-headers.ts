/** A limit, and how much is left of it. */
interface Standing {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until all of it is there again. */
  readonly resetMs: number;
}

/**
 * The headers in which Anthropic's API tells of limits, with times in RFC 3339:
 * https://docs.anthropic.com/en/api/rate-limits
 * @param date the time of day, in milliseconds since the epoch
 */
export function anthropicLimitHeaders(
  standings: Readonly<Record<'requests' | 'tokens', Standing | undefined>>,
  date: number,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [kind, standing] of Object.entries(standings)) {
    if (!standing) continue;
    const name = `anthropic-ratelimit-${kind}`;
    headers[`${name}-limit`] = String(standing.limit);
    headers[`${name}-remaining`] = String(standing.remaining);
    headers[`${name}-reset`] = new Date(date + standing.resetMs).toISOString();
  }
  return headers;
}
