/** One precondition of a working server. */
export interface HealthCheck {
  name: string;
  ok: boolean;
  /** What is wrong; if `ok` is true, what to know all the same. */
  detail?: string;
}

/** GET /health (not in Ollama's API) */
export interface HealthResponse {
  status: 'ok' | 'unavailable';
  checks: HealthCheck[];
}
