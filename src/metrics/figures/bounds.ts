/** Upper bounds of vLLM's histograms (0.32, `v1/metrics/buckets.py`), which its dashboards name literally. */

/** Seconds of a request and of its phases. */
export const requestSeconds = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
] as const;

export const firstTokenSeconds = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
  2560,
] as const;

/**
 * Tokens of a request. vLLM ends at the context of its one model; here, all models share the bounds, up to 200,000 tokens.
 */
export const requestTokens = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000,
] as const;

/** Values of the parameter `n`. */
export const choices = [1, 2, 5, 10, 20] as const;

/** Seconds of loading a model: from the page cache to a slow disk. */
export const loadSeconds = [0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320] as const;

/** Seconds of an HTTP request, as vLLM's server has them. */
export const httpSeconds = [0.1, 0.5, 1] as const;
