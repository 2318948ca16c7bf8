import type { ChatRequest } from '../../api/chat.ts';
import type { Model } from '../../models/model.ts';

/**
 * Drops the tools where the model cannot be told of them, if the client offers tools to every model and demands no call.
 * @param ignored gets the name of the field
 */
export function withoutVainTools(
  model: Model,
  request: ChatRequest,
  ignored: (name: string) => void,
): ChatRequest {
  const { tools, tool_choice: choice = 'auto', areToolsOptional = false } = request;
  const isDemanded = choice !== 'auto' && choice !== 'none';
  if (!areToolsOptional || isDemanded || !tools?.length || model.capabilities.includes('tools'))
    return request;
  ignored('tools');
  const { tools: _, tool_choice: __, ...others } = request;
  return others;
}
