import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { words } from '../../words/words.ts';

interface QuestionProps {
  readonly name: string;
  readonly onClose: () => void;
}

/** Asks before a key is replaced, and for how long the old one still works. */
export function RotateQuestion({ name, onClose, onYes }: QuestionProps & { onYes: (grace: string) => void }) {
  const text = words.value.settings;
  return (
    <Question title={text.rotateTitle(name)} yes={text.rotate} onClose={onClose} onYes={onYes}>
      <p>{text.rotateNote}</p>
      <label>
        <span>{text.grace}</span>
        <input name="answer" placeholder={text.graceHint} autocomplete="off" />
      </label>
    </Question>
  );
}

export function RevokeQuestion({ name, onClose, onYes }: QuestionProps & { onYes: () => void }) {
  const text = words.value.settings;
  return (
    <Question title={text.revokeTitle(name)} yes={text.revoke} onClose={onClose} onYes={onYes}>
      <p>{text.revokeNote}</p>
    </Question>
  );
}

interface DialogProps {
  readonly title: string;
  readonly yes: string;
  readonly onClose: () => void;
  /** @param answer what was written into the field named "answer", if there is one */
  readonly onYes: (answer: string) => void;
  readonly children: ComponentChildren;
}

function Question({ title, yes, onClose, onYes, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const answer = new FormData(event.currentTarget as HTMLFormElement).get('answer');
    dialog.current?.close();
    onYes(String(answer ?? '').trim());
  };
  return (
    <dialog ref={dialog} class="question" aria-label={title} onClose={onClose}>
      <form class="settings-form" onSubmit={submit}>
        <h2>{title}</h2>
        {children}
        <div class="question-buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            {words.value.settings.cancel}
          </button>
          <button type="submit" class="danger">
            {yes}
          </button>
        </div>
      </form>
    </dialog>
  );
}
