/** Decides how the weights of a model get into the system's memory. Pure: facts in, a plan out. */
import { MIB } from '../../base/units.ts';

/** Whether huge pages can be had. */
export type HugePages = 'available' | 'off' | 'unsupported';

/** How the weights get into memory. */
export interface WeightsPlan {
  /** Whether they stay in the file's pages, which the kernel may drop, instead of the process's own memory. */
  readonly useMmap: boolean;
  /** Whether the process asks for huge pages. */
  readonly hugePages: boolean;
  /** For the log. */
  readonly reason: string;
}

export interface WeightsFacts {
  /** What the request or the model says; undefined = nothing. */
  readonly useMmap: boolean | undefined;
  readonly usesGpu: boolean;
  readonly hugePages: HugePages;
  /** Whether another process of ours has mapped the same file. */
  readonly isMappedElsewhere: boolean;
  /** Bytes that the whole model takes in the system's memory. */
  readonly bytes: number;
  /** Bytes that are free for it, within all limits. */
  readonly freeBytes: number;
  /** Bytes that the process may take later in addition: idle conversations. */
  readonly laterBytes: number;
}

/** What the system and other programs need when memory runs short. Mapped weights could be dropped then, own memory cannot. */
const RESERVE_BYTES = 512 * MIB;
/** The estimate is held to this part of what the engine reports (docs/engine.md). */
const ESTIMATE_TOLERANCE = 0.1;

/** Weights that no GPU computes go into huge pages if memory allows. What a request or model says always counts. */
export function planWeights(facts: WeightsFacts): WeightsPlan {
  const { useMmap, usesGpu, hugePages } = facts;
  const mapped = (reason: string): WeightsPlan => ({ useMmap: true, hugePages: false, reason });
  if (useMmap) return mapped('use_mmap is true');
  const obstacle = usesGpu ? 'a GPU is used' : missing(hugePages);
  if (useMmap === false) {
    return { useMmap, hugePages: obstacle === undefined, reason: obstacle ?? 'use_mmap is false' };
  }
  if (obstacle !== undefined) return mapped(obstacle);
  if (facts.isMappedElsewhere) return mapped('another runner shares the mapped file');
  if (facts.freeBytes < ownBytes(facts)) return mapped('not enough free memory to own the weights');
  return { useMmap: false, hugePages: true, reason: 'there is enough free memory' };
}

function ownBytes({ bytes, laterBytes }: WeightsFacts): number {
  return bytes * (1 + ESTIMATE_TOLERANCE) + laterBytes + RESERVE_BYTES;
}

function missing(hugePages: HugePages): string | undefined {
  if (hugePages === 'off') return 'OLLAMA_HUGE_PAGES is off';
  return hugePages === 'unsupported' ? 'the system has no huge pages' : undefined;
}
