import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';
import { toolsAndChoice } from '../tool-choice.ts';
import { objectIn, objectsIn, textIn } from './item.ts';
import type { OfferedTools } from './offered-tools.ts';

/**
 * Determines which tools may be called, and how. The choice names tools as the client does, with their namespaces.
 * @throws OllamaError `invalid-request` as `toolsAndChoice`
 */
export function chosenTools(tools: OfferedTools, choice: unknown): ReturnType<typeof toolsAndChoice> {
  return toolsAndChoice(
    tools.native,
    isJsonObject(choice) ? offeredChoice(choice, tools) : (choice ?? 'auto'),
  );
}

function offeredChoice(choice: JsonObject, tools: OfferedTools): JsonObject {
  if (choice.type !== 'allowed_tools') return offeredTool(choice, tools);
  const allowed = objectIn(choice, 'allowed_tools') ?? choice;
  const named = objectsIn(allowed, 'tools').map((tool) => offeredTool(tool, tools));
  return { type: choice.type, mode: allowed.mode, tools: named };
}

/** The form of the Responses API has the name beside the type, that of the Chat API has it inside. */
function offeredTool(tool: JsonObject, tools: OfferedTools): JsonObject {
  const { type } = tool;
  const name = textIn(objectIn(tool, 'function') ?? objectIn(tool, 'custom') ?? tool, 'name');
  if (name === undefined) return { type };
  return { type, name: tools.offeredName(name, textIn(tool, 'namespace')) ?? name };
}
