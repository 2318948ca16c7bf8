/**
 * Custom tools take free text instead of JSON (https://platform.openai.com/docs/guides/function-calling#custom-tools).
 * The models here call functions only, so each custom tool is offered as a function of one text.
 */
import type { Tool, ToolCall } from '../../api/common.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';

/** The parameter that holds the free text. */
const INPUT = 'input';

export interface CustomTool {
  readonly name: string;
  readonly description?: string;
  /**
   * `{"type": "grammar", …}` with `syntax` and `definition`, either beside the type, as in the Responses API, or inside of
   * `grammar`, as in the Chat API. Anything else means any text.
   */
  readonly format?: unknown;
}

/**
 * The function that stands for a custom tool. Where a call is enforced, so is a regular expression; the description shows
 * the model any other grammar.
 */
export function customFunction({ name, description = '', format }: CustomTool): Tool {
  const grammar = grammarOf(format);
  const isRegex = grammar?.syntax === 'regex';
  const shown = grammar && !isRegex ? `The input must match this ${grammar.syntax} grammar:` : '';
  const text = [description, ...(grammar && shown !== '' ? [shown, grammar.definition] : [])];
  const input = { type: 'string', ...(isRegex && { pattern: `^(?:${grammar.definition})$` }) };
  return {
    type: 'function',
    function: {
      name,
      description: text.filter((line) => line !== '').join('\n'),
      parameters: { type: 'object', properties: { [INPUT]: input }, required: [INPUT] },
    },
  };
}

/** The arguments that stand for the input of a call. */
export function customArguments(input: string): JsonObject {
  return { [INPUT]: input };
}

/** The free text of a call. A model may have named its argument otherwise, or have written other JSON than a text. */
export function customInput({ function: called }: ToolCall): string {
  const { arguments: given } = called;
  if (typeof given === 'string') return given;
  const values = Object.values(given);
  if (values.length === 0) return '';
  const input = Object.hasOwn(given, INPUT) ? given[INPUT] : values.length === 1 ? values[0] : given;
  return typeof input === 'string' ? input : JSON.stringify(input);
}

/** Whether a format is only shown to the model, because no grammar here can say the same. */
export function isShownOnly(format: unknown): boolean {
  return isJsonObject(format) && format.type === 'grammar' && grammarOf(format)?.syntax !== 'regex';
}

function grammarOf(format: unknown): { syntax: string; definition: string } | undefined {
  if (!isJsonObject(format) || format.type !== 'grammar') return undefined;
  const { syntax, definition } = isJsonObject(format.grammar) ? format.grammar : format;
  if (typeof syntax !== 'string' || typeof definition !== 'string') return undefined;
  return { syntax, definition };
}
