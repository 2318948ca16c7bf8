import { useRef } from 'preact/hooks';
import type { Attachment } from '../chats/chat-message.ts';
import { bytesText, countText } from '../words/format.ts';
import { words } from '../words/words.ts';
import { attachmentTokens } from './draft-tokens.ts';

interface ListProps {
  readonly attachments: readonly Attachment[];
  readonly model: string | undefined;
  readonly onRemove: (id: string) => void;
}

/** The files of a draft, each with its size, its tokens and a way to remove it. */
export function AttachmentList({ attachments, model, onRemove }: ListProps) {
  const list = useRef<HTMLUListElement>(null);
  const text = words.value.composer;
  const remove = (id: string, index: number) => {
    onRemove(id);
    // The next button takes the place of this one, so that several can be removed one after the other.
    requestAnimationFrame(() => {
      const buttons = list.current?.querySelectorAll('button') ?? [];
      const next = buttons[Math.min(index, buttons.length - 1)];
      if (next) next.focus();
      else document.querySelector<HTMLElement>('.composer textarea')?.focus();
    });
  };
  if (attachments.length === 0) return null;
  return (
    <ul class="attachments" ref={list} aria-label={text.attachments}>
      {attachments.map((attachment, index) => (
        <li key={attachment.id} class="attachment">
          {attachment.kind === 'image' && (
            <img alt="" src={`data:${attachment.type};base64,${attachment.data}`} />
          )}
          <span class="attachment-name">{attachment.name}</span>
          <span class="small">
            {bytesText(attachment.size)}, <Tokens attachment={attachment} model={model} />
          </span>
          <button
            type="button"
            class="quiet"
            aria-label={text.remove(attachment.name)}
            onClick={() => remove(attachment.id, index)}
            onKeyDown={(event) => {
              if (event.key === 'Delete' || event.key === 'Backspace') remove(attachment.id, index);
            }}
          >
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}

function Tokens({
  attachment,
  model,
}: {
  readonly attachment: Attachment;
  readonly model: string | undefined;
}) {
  const { tokens, isEstimate } = attachmentTokens(model, attachment);
  const text = words.value.composer;
  return <>{isEstimate ? text.aboutTokens(countText(tokens)) : text.tokens(countText(tokens))}</>;
}
