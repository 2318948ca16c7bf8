/**
 * The entry `ollama-ts/template`: Go's text/template with the functions that Ollama adds.
 *
 * Every name in this file is public API, and its removal or change is a breaking change. Add names one by one.
 */
export { OllamaError } from '../base/errors.ts';
export { GoTemplate } from '../template/template.ts';
export { GoObject, type GoValue } from '../template/value.ts';
