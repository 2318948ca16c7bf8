import { useId, useRef } from 'preact/hooks';
import type { ToolCall } from '../../api/common.ts';
import type { Chat } from '../chats/chat.ts';
import { sendToolResults } from '../chats/chat-actions.ts';
import type { ChatMessage } from '../chats/chat-message.ts';
import { CodeBlock } from '../markdown/code-block.tsx';
import { words } from '../words/words.ts';

interface ToolCallsProps {
  readonly chat: Chat;
  readonly message: ChatMessage;
  readonly calls: readonly ToolCall[];
}

/** The calls of an answer with their arguments. While nothing follows them, there is a field for the result of each. */
export function ToolCalls({ chat, message, calls }: ToolCallsProps) {
  const form = useRef<HTMLFormElement>(null);
  const text = words.value.chat;
  const isLast = chat.path.value.at(-1) === message.id && message.state !== 'streaming';
  const submit = (event: Event) => {
    event.preventDefault();
    if (!form.current) return;
    const fields = new FormData(form.current);
    sendToolResults(
      chat,
      message.id,
      calls.map((_, index) => String(fields.get(`result-${index}`) ?? '')),
    );
  };
  return (
    <form class="tool-calls" ref={form} onSubmit={submit}>
      {calls.map((call, index) => (
        <ToolCallView key={`${call.id ?? ''} ${index}`} call={call} index={index} hasField={isLast} />
      ))}
      {isLast && (
        <p class="buttons">
          <button type="submit" class="primary">
            {text.sendResults}
          </button>
        </p>
      )}
    </form>
  );
}

/** Deeper arguments are shown in one line: indented, they would grow with the square of their depth. */
const MAX_INDENTED_BRACKETS = 500;

function argumentsText(given: ToolCall['function']['arguments'] | string): string {
  if (typeof given === 'string') return given;
  const line = JSON.stringify(given);
  const brackets = line.match(/[[{]/g)?.length ?? 0;
  return brackets > MAX_INDENTED_BRACKETS ? line : JSON.stringify(given, null, 2);
}

interface CallProps {
  readonly call: ToolCall;
  readonly index: number;
  readonly hasField: boolean;
}

function ToolCallView({ call, index, hasField }: CallProps) {
  const id = useId();
  const text = words.value.chat;
  const { name, arguments: given } = call.function;
  return (
    <div class="tool-call">
      <h3>{text.calls(name)}</h3>
      <CodeBlock text={argumentsText(given)} language="json" isClosed={true} />
      {hasField && (
        <>
          <label for={id}>{text.resultOf(name)}</label>
          <textarea id={id} name={`result-${index}`} rows={3} />
        </>
      )}
    </div>
  );
}
