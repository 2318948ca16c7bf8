import type { ChatRequest } from '../../api/chat.ts';
import type { Capability } from '../../api/common.ts';
import type { GenerateRequest } from '../../api/generate.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Model } from '../../models/model.ts';

/** Model families whose older packages lack the template for thinking. */
const renewedModels = /^(qwen3|deepseek-r1)$/;

type RunRequest = GenerateRequest | ChatRequest;

/** @throws OllamaError `invalid-request` with the texts of Ollama's API */
export function requireThinking(model: Model, request: RunRequest): void {
  if (!request.think || has(model, 'thinking')) return;
  const remedy = '. Pull the model again to get the latest version with full thinking support';
  const message = `"${request.model}" does not support thinking`;
  throw new OllamaError('invalid-request', renewedModels.test(model.name.model) ? message + remedy : message);
}

export function requireCompletion(model: Model, request: RunRequest, task: 'generate' | 'chat'): void {
  if (has(model, 'completion')) return;
  throw new OllamaError('invalid-request', `"${request.model}" does not support ${task}`);
}

export function requireTools(model: Model, request: ChatRequest): void {
  if (!request.tools?.length || has(model, 'tools')) return;
  throw new OllamaError('invalid-request', `${model.name.full} does not support tools`);
}

/** A suffix excludes "template", "context" and "images". Ignoring one of them would answer a different request. */
export function requireInsert(model: Model, request: GenerateRequest): void {
  if (!request.suffix) return;
  if (!has(model, 'insert')) {
    throw new OllamaError('invalid-request', `${model.name.full} does not support insert`);
  }
  if (request.template || request.context?.length) {
    throw new OllamaError('invalid-request', '"suffix" cannot be combined with "template" or "context"');
  }
  if (request.images?.length) {
    throw new OllamaError('invalid-request', '"suffix" cannot be combined with "images"');
  }
}

/** Refuses token IDs beyond the vocabulary, which would read past the end of the model's tables. */
export function requireKnownTokens(model: Model, context: readonly number[]): void {
  const unknown = context.find((token) => token >= model.facts.vocabularySize);
  if (unknown === undefined) return;
  const message = `"context" contains token ${unknown}, which is not in the vocabulary of "${model.name.short}": send the context of a reply from this model`;
  throw new OllamaError('invalid-request', message);
}

export function requireNoRawConflict(request: GenerateRequest): void {
  if (!request.raw || !(request.template || request.system || request.context?.length)) return;
  throw new OllamaError('invalid-request', 'raw mode does not support template, system, or context');
}

/** What a server may refuse; absent means allowed. */
export interface RequestSettings {
  readonly requestTemplates?: boolean;
  readonly requestGrammars?: boolean;
}

/** @throws OllamaError `forbidden` for templates or grammars of requests that the settings switch off */
export function requireAllowed(request: RunRequest, settings: RequestSettings): void {
  const hasTemplate = 'template' in request && Boolean(request.template);
  if (hasTemplate && settings.requestTemplates === false) {
    throw switchedOff('"template"', 'OLLAMA_REQUEST_TEMPLATES');
  }
  if (request.options?.grammar && settings.requestGrammars === false) {
    throw switchedOff('the option "grammar"', 'OLLAMA_REQUEST_GRAMMARS');
  }
}

function switchedOff(what: string, setting: string): OllamaError {
  const message = `this server does not accept ${what} in requests: leave it out, or start the server with ${setting}=on`;
  return new OllamaError('forbidden', message);
}

/** A `format` or a required tool call overrides the model's grammar, but conflicts with one in the same request. */
export function requireOneGrammar(request: RunRequest): void {
  if (!request.options?.grammar) return;
  const { format } = request;
  const choice = 'tool_choice' in request ? request.tool_choice : undefined;
  const demandsCall = choice !== undefined && choice !== 'auto' && choice !== 'none';
  const other = format !== undefined && format !== '' ? 'format' : demandsCall ? 'tool_choice' : undefined;
  if (other === undefined) return;
  const message = `option "grammar" cannot be combined with "${other}": send only one of them`;
  throw new OllamaError('invalid-request', message);
}

function has(model: Model, capability: Capability): boolean {
  return model.capabilities.includes(capability);
}
