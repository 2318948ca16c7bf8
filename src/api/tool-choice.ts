import { z } from 'zod';
import { isJsonObject } from '../base/json-object.ts';

/**
 * An extension, as in OpenAI's API: whether the model may, must or must not call a tool, or which tool it must call.
 */
export type ToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | { readonly type: 'function'; readonly function: { readonly name: string } };

const accepted = '"auto", "none", "required" or {"type": "function", "function": {"name": "..."}}';

export const toolChoiceSchema = z
  .custom<ToolChoice>()
  .superRefine((value: unknown, context) => {
    if (value === 'auto' || value === 'none' || value === 'required' || isNamed(value)) return;
    context.addIssue({ code: 'custom', message: `tool_choice must be ${accepted}` });
  })
  .meta({ anyOf: [{ enum: ['auto', 'none', 'required'] }, { type: 'object' }], description: accepted });

function isNamed(value: unknown): boolean {
  if (!isJsonObject(value) || value.type !== 'function') return false;
  const { function: named } = value;
  return isJsonObject(named) && typeof named.name === 'string';
}
