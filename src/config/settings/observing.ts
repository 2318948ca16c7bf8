/** What the server shows of itself. */
import { setting } from '../setting.ts';
import { parseBoolean } from '../values.ts';

export const observingSettings = {
  metrics: setting(
    'OLLAMA_METRICS',
    parseBoolean,
    true,
    'Whether to count what happens and show it at /metrics (default on)',
  ),
  llamaCppMetrics: setting(
    'OLLAMA_METRICS_LLAMACPP',
    parseBoolean,
    false,
    "Whether /metrics also has the names of llama.cpp's server (default off)",
  ),
} as const;
