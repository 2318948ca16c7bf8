import type { TensorRule } from './family.ts';

/** A table for models that have experts in place of the feed-forward part. */
export function withoutFeedForward(
  tensors: Readonly<Record<string, TensorRule>>,
): Readonly<Record<string, TensorRule>> {
  return Object.fromEntries(
    Object.entries(tensors).filter(([key]) => !/\.mlp\.(?:gate|up|down)_proj$/.test(key)),
  );
}
