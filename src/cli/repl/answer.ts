import type { Message } from '../../api/common.ts';
import { isCancellation } from '../../base/errors.ts';
import type { CommandContext } from '../command.ts';
import type { ToolCalls } from '../output/answer-text.ts';
import { AnswerView } from '../output/answer-view.ts';
import { ModelWait } from '../output/model-wait.ts';
import { withInterrupt } from './interrupt.ts';
import { addTurn, chatRequest, type Session } from './session.ts';

/**
 * Lets the model answer a message and shows the answer. Ctrl-C ends it early; the part until then is kept.
 * @returns the session including the message and the answer
 */
export async function answer(
  session: Session,
  message: Message,
  { client, stdout, stderr, environment }: CommandContext,
): Promise<Session> {
  const { model, wordWrap, hideThinking, verbose } = session;
  const wait = new ModelWait({ client, model, stderr, environment });
  const view = new AnswerView({ stdout, stderr, environment, wordWrap, hideThinking, wait });
  const reply = { content: '', thinking: '', toolCalls: [] as ToolCalls };
  view.wait();
  try {
    await withInterrupt(async (signal) => {
      for await (const chunk of client.chat(chatRequest(session, message), signal)) {
        const { content: text, thinking, tool_calls: toolCalls } = chunk.message;
        view.add({ content: text, thinking, toolCalls });
        reply.content += text;
        reply.thinking += thinking ?? '';
        reply.toolCalls.push(...(toolCalls ?? []));
        if (!chunk.done) continue;
        view.end('\n\n');
        if (verbose) view.summarize(chunk);
      }
    });
  } catch (error) {
    view.end(isCancellation(error) ? '\n\n' : '');
    if (!isCancellation(error)) throw error;
  }
  return addTurn(session, message, {
    role: 'assistant',
    content: reply.content,
    ...(reply.thinking !== '' && { thinking: reply.thinking }),
    ...(reply.toolCalls.length > 0 && { tool_calls: reply.toolCalls }),
  });
}
