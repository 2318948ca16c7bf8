import { z } from 'zod';
import { type ChunkFields, type Message, messagesSchema, type Tool, toolsSchema } from './common.ts';
import { requestObject } from './request-object.ts';
import { runFields } from './run-fields.ts';
import { templateArgumentsSchema } from './template-arguments.ts';
import { toolChoiceSchema } from './tool-choice.ts';

/** POST /api/chat */
export const chatRequestSchema = requestObject({
  ...runFields,
  messages: messagesSchema.exactOptional(),
  tools: toolsSchema.exactOptional(),
  /** An extension; default "auto". */
  tool_choice: toolChoiceSchema.exactOptional(),
  /** An extension; default true. False allows at most one tool call. */
  parallel_tool_calls: z.boolean().exactOptional(),
  chat_template_kwargs: templateArgumentsSchema.exactOptional(),
  /**
   * An extension, as in vLLM: the model goes on with the last message, which is an answer that has begun, also where its
   * template would end that answer. Default false: the template decides.
   */
  continue_final_message: z.boolean().exactOptional(),
});

export type ChatRequest = Omit<z.infer<typeof chatRequestSchema>, 'messages' | 'tools'> & {
  messages?: Message[];
  tools?: Tool[];
  /**
   * Never on the wire: the field by which a client of another API asked for thinking. A model that cannot think then
   * answers without thinking, and this field is named as ignored. Absent: such a request is refused.
   */
  readonly thinkField?: string;
  /** Never on the wire: the field in which a client of another API sent `format`, for errors and names. */
  readonly formatField?: string;
  /**
   * Never on the wire: set for the other dialects, whose clients offer tools to every model. A model that cannot use tools
   * then answers without them, and `tools` is named as ignored. Absent: such a request is refused, as in Ollama.
   */
  readonly areToolsOptional?: boolean;
  /** Never on the wire: whether a client of Anthropic's API marked what shall be cached, which happens here by itself. */
  readonly hasCacheMarks?: boolean;
};

export interface ChatResponse extends ChunkFields {
  message: Message;
}
