import type { TensorData } from '../tensors/tensor-data.ts';
import type { AdaptedModule } from './adapted-module.ts';

/** Alphas closer than this are one alpha that was rounded on two ways, such as 16 / √8 × 8. */
const SAME = 1e-9;

export interface ScaledModules {
  /** `adapter.lora.alpha`: the engine multiplies the change of each module with it and divides by the module's rank. */
  readonly alpha: number;
  /** The modules; where theirs is another alpha, the difference is in b. */
  readonly modules: readonly AdaptedModule[];
}

/**
 * Writes the scales of modules as one alpha. That of the first module becomes the file's, and of the others usually as
 * well; rsLoRA with several ranks and `alpha_pattern` are exceptions.
 */
export function withOneAlpha(modules: readonly AdaptedModule[]): ScaledModules {
  const [first] = modules;
  const alpha = first ? alphaOf(first) : 0;
  return { alpha, modules: modules.map((module) => withAlpha(module, alpha)) };
}

function withAlpha(module: AdaptedModule, alpha: number): AdaptedModule {
  const factor = alphaOf(module) / alpha;
  if (Math.abs(factor - 1) < SAME) return module;
  const b: TensorData = { kind: 'affine', factor, offset: 0, of: module.b };
  return { ...module, b };
}

function alphaOf({ scale, rank }: AdaptedModule): number {
  return scale * rank;
}
