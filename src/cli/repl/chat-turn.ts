import type { Message } from '../../api/common.ts';
import { messageOf, OllamaError } from '../../base/errors.ts';
import type { CommandContext } from '../command.ts';
import { answer } from './answer.ts';
import { noteUnreadFiles, readPromptFiles } from './prompt-files.ts';
import type { Session } from './session.ts';

/** What a failure means for the interactive prompt. */
export type ChatFailure =
  /** The user can change a setting and ask again. */
  | 'setting'
  /** An upstream server failed; the next try may succeed. */
  | 'upstream'
  /** The prompt ends. */
  | 'fatal';

export function chatFailure(error: unknown): ChatFailure {
  const message = messageOf(error);
  if (/does not support thinking|invalid think value/.test(message)) return 'setting';
  return message.includes('upstream error') ? 'upstream' : 'fatal';
}

/**
 * Sends a message and shows the answer. If the model accepts images or sound, the files that the message names are sent too.
 * @returns the session afterwards
 * @throws OllamaError if the server fails
 */
export async function chatTurn(session: Session, text: string, context: CommandContext): Promise<Session> {
  const { stdout } = context;
  let message: Message = { role: 'user', content: text };
  if (session.isMultimodal) {
    try {
      const { content, images } = await readPromptFiles(text, context);
      if (images.length > 0) message = { ...message, content, images: [...images] };
    } catch (error) {
      // The reason has been printed. A mistyped path must not end the conversation.
      if (error instanceof OllamaError) return session;
      throw error;
    }
  } else await noteUnreadFiles(text, context);
  try {
    return await answer(session, message, context);
  } catch (error) {
    const failure = chatFailure(error);
    if (failure === 'fatal') throw error;
    if (failure === 'setting') stdout.write(`error: ${messageOf(error)}\n`);
    else stdout.write('An error occurred while processing your message. Please try again.\n\n');
    return session;
  }
}
