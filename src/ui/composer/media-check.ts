/** Whether a model takes what a message carries, before it is sent. */
import type { Capability } from '../../api/common.ts';
import type { TagsModel } from '../../api/tags.ts';
import type { Attachment } from '../chats/chat-message.ts';

type Medium = 'image' | 'audio';

const needed: Readonly<Record<Medium, Capability>> = { image: 'vision', audio: 'audio' };

export interface MediaProblem {
  readonly medium: Medium;
  /** Names of models that take it. */
  readonly models: readonly string[];
}

/** More would not fit into one line. */
const MAX_SUGGESTIONS = 3;

/** The first medium that the model does not take. A model without known capabilities is not judged. */
export function mediaProblem(
  attachments: readonly Attachment[],
  model: string,
  models: readonly TagsModel[],
): MediaProblem | undefined {
  const own = models.find(({ name }) => name === model)?.capabilities;
  if (!own) return undefined;
  for (const medium of ['image', 'audio'] as const) {
    if (!attachments.some(({ kind }) => kind === medium) || own.includes(needed[medium])) continue;
    const takers = models.filter(({ capabilities }) => capabilities?.includes(needed[medium]));
    return { medium, models: takers.slice(0, MAX_SUGGESTIONS).map(({ name }) => name) };
  }
  return undefined;
}
