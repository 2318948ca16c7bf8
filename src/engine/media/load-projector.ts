import { OllamaError } from '../../base/errors.ts';
import { readGgufFile } from '../../gguf/parse.ts';
import { checkProjector } from '../../gguf/projector/check-projector.ts';
import { unsupportedProjector } from '../../gguf/projector/encoded-types.ts';
import { isBidirectional } from '../../gguf/projector/row-attention.ts';
import { type ProjectorFacts, projectorFacts } from '../../gguf/projector-facts.ts';
import { mostTokens, projectorMemory, STAGE_BYTES } from '../../gguf/projector-memory.ts';
import type { MediaKind } from '../../protocol/media.ts';
import { audioFamilies } from '../audio/families.ts';
import { soundEncoder } from '../audio/sound-encoder.ts';
import { bindGgml, checkLayout } from '../graph/ggml.ts';
import type { Libraries } from '../native/libraries.ts';
import { visionFamilies } from '../vision/families.ts';
import { pictureEncoder } from '../vision/picture-encoder.ts';
import { type DeclareEncoder, GraphProjector, type ProjectorTraits } from './graph-projector.ts';
import type { LoadProjector } from './projector.ts';

/**
 * Aim for the time of one stage. Other streams wait for a stage and for a step of their own in between, and their gap is to
 * stay below 0.3 s.
 */
const STAGE_SECONDS = 0.1;
/** A request that arrives meanwhile, or a cancellation, waits for the end of the stage. */
const ALONE_STAGE_SECONDS = 0.2;

/** @returns a function that loads projectors with these libraries */
export function createLoadProjector(libraries: Libraries): LoadProjector {
  return async (path, options) => {
    const facts = projectorFacts(await readGgufFile(path, { arrays: 'keep' }));
    if (!facts) throw new OllamaError('load-failed', 'the file has no encoder of pictures or sound');
    checkProjector(facts);
    const ggml = bindGgml(libraries);
    checkLayout(ggml);
    const limits = { seconds: STAGE_SECONDS, aloneSeconds: ALONE_STAGE_SECONDS, bytes: STAGE_BYTES };
    const file = { path, tensors: facts.tensors };
    return GraphProjector.load(ggml, file, encodersOf(facts), traitsOf(facts), { ...options, limits });
  };
}

/** @throws OllamaError `invalid-request` naming the supported types, when none of the file's encoders is of one */
export function encodersOf(facts: ProjectorFacts): ReadonlyMap<MediaKind, DeclareEncoder> {
  const { image, audio } = facts;
  const encoders = new Map<MediaKind, DeclareEncoder>();
  const family = image?.type && visionFamilies[image.type];
  if (image && family) encoders.set('image', pictureEncoder(family, image));
  const soundFamily = audio?.type && audioFamilies[audio.type];
  if (audio && soundFamily) encoders.set('audio', soundEncoder(soundFamily, audio));
  if (encoders.size > 0) return encoders;
  throw unsupportedProjector(facts);
}

export function traitsOf(facts: ProjectorFacts): ProjectorTraits {
  return {
    isBidirectional: isBidirectional(facts),
    mostTokens: mostTokens(facts),
    bufferBytes: projectorMemory(facts).bufferBytes,
  };
}
