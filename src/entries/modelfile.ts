/**
 * The entry `ollama-ts/modelfile`: parse, interpret and print Modelfiles.
 *
 * Every name in this file is public API, and its removal or change is a breaking change. Add names one by one.
 */
export { OllamaError } from '../base/errors.ts';
export { type ModelfileContents, modelfileContents } from '../modelfile/contents.ts';
export type { MessageRole, Modelfile, ModelfileCommand, TextInstruction } from '../modelfile/modelfile.ts';
export type { OptionValue } from '../modelfile/parameters.ts';
export { parseModelfile } from '../modelfile/parse.ts';
export { printModelfile } from '../modelfile/print.ts';
