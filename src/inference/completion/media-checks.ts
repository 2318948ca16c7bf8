import { OllamaError } from '../../base/errors.ts';
import type { Model } from '../../models/model.ts';
import type { MediaKind } from '../../protocol/media.ts';
import type { Medium } from '../media/medium.ts';

const capabilityFor = { image: 'vision', audio: 'audio' } as const;
const plural = { image: 'images', audio: 'audio' } as const;

/** Whether the model can be given media of a kind: it is known to take them, and there is something that encodes them. */
export function accepts({ capabilities, projector }: Model, kind: MediaKind): boolean {
  return projector?.senses[kind] === true && capabilities.includes(capabilityFor[kind]);
}

/** @throws OllamaError `invalid-request` naming the first medium that the model cannot be given */
export function requireAccepted(model: Model, media: readonly Medium[]): void {
  const refused = media.find(({ kind }) => !accepts(model, kind));
  if (!refused) return;
  const { kind, place } = refused;
  const message = `"${place}" cannot be sent to model "${model.name.short}": ${reasonOf(model, kind)}; leave ${plural[kind]} out`;
  throw new OllamaError('invalid-request', message);
}

function reasonOf({ capabilities, projectorProblem }: Model, kind: MediaKind): string {
  if (projectorProblem !== undefined) return projectorProblem;
  const isNamed = capabilities.includes(capabilityFor[kind]);
  return isNamed
    ? `the model has no projector for ${plural[kind]}`
    : `the model does not support ${plural[kind]}`;
}
