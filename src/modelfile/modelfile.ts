/**
 * A Modelfile as a list of commands, in the order of the file. The grammar is one `INSTRUCTION value` per line; see
 * `parse.ts`.
 */

/** Instructions whose value is one text. */
export const textInstructions = [
  'from',
  'license',
  'template',
  'system',
  'adapter',
  'draft',
  'renderer',
  'parser',
  'requires',
] as const;

export type TextInstruction = (typeof textInstructions)[number];

export const messageRoles = ['system', 'user', 'assistant'] as const;

export type MessageRole = (typeof messageRoles)[number];

export type ModelfileCommand =
  | { readonly instruction: TextInstruction; readonly value: string }
  | { readonly instruction: 'parameter'; readonly name: string; readonly value: string }
  | { readonly instruction: 'message'; readonly role: MessageRole; readonly value: string };

export interface Modelfile {
  readonly commands: readonly ModelfileCommand[];
}
