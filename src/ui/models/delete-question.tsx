import { useEffect, useRef } from 'preact/hooks';
import type { TagsModel } from '../../api/tags.ts';
import { ApiError, send } from '../api/http.ts';
import { notify } from '../app/notices.tsx';
import { navigate, query } from '../app/router.ts';
import { bytesText } from '../words/format.ts';
import { words } from '../words/words.ts';
import { refreshModels } from './model-list.ts';

interface QuestionProps {
  readonly model: TagsModel;
  readonly isLoaded: boolean;
  readonly onClose: () => void;
}

/** Asks before a model is deleted, and says what that frees. */
export function DeleteQuestion({ model, isLoaded, onClose }: QuestionProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const text = words.value.models;
  const remove = async () => {
    dialog.current?.close();
    await deleteModel(model.name);
  };
  return (
    <dialog ref={dialog} class="question" aria-label={text.deleteTitle(model.name)} onClose={onClose}>
      <h2>{text.deleteTitle(model.name)}</h2>
      <p>{text.deleteNote(bytesText(model.size))}</p>
      {isLoaded && <p>{text.deleteUsed}</p>}
      <div class="question-buttons">
        <button type="button" onClick={() => dialog.current?.close()}>
          {text.cancel}
        </button>
        <button type="button" class="danger" onClick={() => void remove()}>
          {text.remove}
        </button>
      </div>
    </dialog>
  );
}

async function deleteModel(model: string): Promise<void> {
  try {
    await send('/api/delete', { method: 'DELETE', body: { model } });
    notify(words.value.models.wasDeleted(model));
    if (query.value.get('model') === model) navigate('/models', { replace: true });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    notify(error.message, 'problem');
  }
  await refreshModels();
}
