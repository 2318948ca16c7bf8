import type { TagsModel } from '../../api/tags.ts';
import type { Chat } from '../chats/chat.ts';
import { chooseModel } from '../chats/chat-actions.ts';
import type { Attachment } from '../chats/chat-message.ts';
import { bytesText, countText } from '../words/format.ts';
import { words } from '../words/words.ts';
import { type MediaProblem, mediaProblem } from './media-check.ts';
import type { FileProblem } from './read-files.ts';

function problemText({ name, kind, limit = 0 }: FileProblem): string {
  const text = words.value.composer.fileProblems;
  switch (kind) {
    case 'tooLarge':
      return text.tooLarge(name, bytesText(limit));
    case 'tooMany':
      return text.tooMany(name, limit);
    case 'pages':
      return text.pages(name, countText(limit));
    case 'characters':
    case 'tooMuchText':
      return text.characters(name, countText(limit));
    default:
      return text[kind](name);
  }
}

/** What could not be attached, and why. */
export function FileProblems({ problems }: { readonly problems: readonly FileProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <ul class="file-problems problem" role="alert">
      {problems.map((problem) => (
        <li key={`${problem.name} ${problem.kind}`}>{problemText(problem)}</li>
      ))}
    </ul>
  );
}

/** What the model of a chat does not take; undefined if it takes all that the draft carries. */
export function draftProblem(
  attachments: readonly Attachment[],
  model: string | undefined,
  models: readonly TagsModel[],
): MediaProblem | undefined {
  return model === undefined ? undefined : mediaProblem(attachments, model, models);
}

interface MediaProps {
  readonly chat: Chat;
  readonly model: string;
  readonly problem: MediaProblem;
}

/** Says before sending that the model does not take a medium, and offers models that do. */
export function MediaWarning({ chat, model, problem }: MediaProps) {
  const text = words.value.composer;
  const { medium, models } = problem;
  return (
    <p class="media-warning problem" role="alert">
      <span>{medium === 'image' ? text.noImages(model) : text.noAudio(model)}</span>
      {models.length === 0 && <span>{text.noOtherModel}</span>}
      {models.map((name) => (
        <button key={name} type="button" onClick={() => chooseModel(chat, name)}>
          {text.useModel(name)}
        </button>
      ))}
    </p>
  );
}
