import { messageOf, OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { checkProjector } from '../gguf/projector/check-projector.ts';
import { encodedSenses } from '../gguf/projector/encoded-types.ts';
import { projectorFacts } from '../gguf/projector-facts.ts';
import type { GgufFile } from '../gguf/types.ts';
import type { Digest } from '../names/digest.ts';
import type { Model, ModelProjector } from './model.ts';

/** A file that may have encoders. */
export interface ProjectorSource {
  readonly path: string;
  readonly digest: Digest;
}

/** The weights, which contain the encoders of models that Ollama keeps in one file. */
export interface WeightsSource extends ProjectorSource {
  readonly file: GgufFile;
}

export interface HeaderReading {
  /** Reads the header of the file at a path. */
  readonly header: (path: string) => Promise<GgufFile>;
  readonly logger: Logger;
}

type ProjectorParts = Pick<Model, 'projector' | 'projectorProblem'>;

/**
 * Finds what encodes pictures or sound for a model: its first projector, otherwise the encoders inside its weights. A model works as
 * a model of text without one, so a projector that cannot be used is only logged.
 */
export async function readProjector(
  first: ProjectorSource | undefined,
  weights: WeightsSource,
  { header, logger }: HeaderReading,
): Promise<ProjectorParts> {
  if (!first && !projectorFacts(weights.file)) return {};
  try {
    const file = first ? await header(first.path) : weights.file;
    const { path, digest } = first ?? weights;
    const projector: ModelProjector = { path, digest, ...usableProjector(file), isInWeights: !first };
    return { projector };
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    const projectorProblem = messageOf(error);
    logger.warn('the projector is not used', { path: (first ?? weights).path, reason: projectorProblem });
    return { projectorProblem };
  }
}

/** @throws OllamaError `invalid-request` for a file without encoders, and for encoders that are not supported */
export function usableProjector(file: GgufFile): Pick<ModelProjector, 'facts' | 'senses'> {
  const facts = projectorFacts(file);
  if (!facts) throw new OllamaError('invalid-request', 'its encoders are of a kind that is not supported');
  checkProjector(facts);
  return { facts, senses: encodedSenses(facts) };
}
