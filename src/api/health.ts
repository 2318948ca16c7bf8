/** One thing that the server needs to do its work. */
export interface HealthCheck {
  name: string;
  ok: boolean;
  /** What is wrong. */
  detail?: string;
}

/** GET /health (not in Ollama's API) */
export interface HealthResponse {
  status: 'ok' | 'unavailable';
  checks: HealthCheck[];
}
