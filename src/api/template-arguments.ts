import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../base/json-object.ts';

/** Templates read a handful of arguments. */
const MAX_ARGUMENTS = 64;
/** Characters of JSON. The arguments go to a worker and into a template, which may repeat them. */
const MAX_LENGTH = 64 * 1024;

/**
 * An extension, as in llama-server and vLLM: variables for the chat template. Templates written in Go, and those of model
 * families, read none.
 */
export const templateArgumentsSchema = z
  .custom<JsonObject>()
  .superRefine((value: unknown, context) => {
    const problem = problemOf(value);
    if (problem) context.addIssue({ code: 'custom', message: `chat_template_kwargs ${problem}` });
  })
  .meta({
    type: 'object',
    description: 'Variables for the chat template of the model, if it is written in Jinja',
  });

function problemOf(value: unknown): string | undefined {
  if (!isJsonObject(value)) return 'must be an object';
  if (Object.keys(value).length > MAX_ARGUMENTS) return `accepts at most ${MAX_ARGUMENTS} variables`;
  if (JSON.stringify(value).length > MAX_LENGTH) return `accepts at most ${MAX_LENGTH} characters`;
  return undefined;
}

/** The names by which templates know whether to think. */
const switches = ['enable_thinking', 'thinking'] as const;

/** A value for the thinking of a model, and the field that holds it. */
export interface ThinkingSwitch {
  readonly field: string;
  readonly think: boolean;
}

/**
 * Separates the arguments that turn thinking on or off from the others. They are not only for the template: they decide
 * how the answer is read.
 */
export function splitTemplateArguments(given: JsonObject): {
  readonly switches: readonly ThinkingSwitch[];
  readonly others: JsonObject;
} {
  const others = { ...given };
  const found: ThinkingSwitch[] = [];
  for (const name of switches) {
    const think = given[name];
    if (typeof think !== 'boolean') continue;
    found.push({ field: `chat_template_kwargs.${name}`, think });
    delete others[name];
  }
  return { switches: found, others };
}
