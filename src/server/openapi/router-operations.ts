import { messagesRequestSchema } from '../../compat/anthropic/request.ts';
import { chatCompletionSchema } from '../../compat/openai/chat-request.ts';
import { responsesSchema } from '../../compat/openai/responses/request.ts';
import { completionSchema } from '../../compat/openai/text-completion-request.ts';
import { routerDetokenizeSchema, routerTokenizeSchema } from '../../compat/routers/tokenize.ts';
import type { Operation } from './operation.ts';

/** The replies have the form of vLLM's or SGLang's: `docs/scaling.md`. */
const foreign = { response: 'ForeignObject' } as const;

const healthChecks: readonly Operation[] = ['/v1/health', '/ping'].flatMap((path): Operation[] => [
  {
    method: 'get',
    path,
    scope: 'open',
    summary: 'Check the health of the server, as `/health`',
    response: 'HealthResponse',
  },
  {
    method: 'head',
    path,
    scope: 'open',
    summary: 'Check the health of the server and return only the status',
  },
]);

const information: readonly Operation[] = [
  ['/server_info', 'Describe the server and the model that it serves, to routers (SGLang)'],
  ['/get_server_info', 'The same as `/server_info`, at its earlier path'],
  ['/model_info', 'Describe the model that the server serves, to routers (SGLang)'],
  ['/get_model_info', 'The same as `/model_info`, at its earlier path'],
].map(
  ([path = '', summary = '']): Operation => ({ method: 'get', path, scope: 'read', summary, ...foreign }),
);

/** What routers in front of several servers ask. */
export const routerOperations: readonly Operation[] = [
  ...healthChecks,
  {
    method: 'post',
    path: '/ping',
    scope: 'open',
    summary: 'Check the health of the server, as `/health`',
    response: 'HealthResponse',
  },
  {
    method: 'get',
    path: '/version',
    scope: 'open',
    summary: 'Return the version of the server (vLLM)',
    response: 'VersionResponse',
  },
  { method: 'head', path: '/version', scope: 'open', summary: 'Return the version of the server (vLLM)' },
  {
    method: 'post',
    path: '/tokenize',
    scope: 'generate',
    summary: 'Convert a text, a list of texts, or the prompt of a chat to tokens (vLLM, SGLang)',
    request: routerTokenizeSchema,
    ...foreign,
  },
  {
    method: 'post',
    path: '/detokenize',
    scope: 'generate',
    summary: 'Convert tokens, or lists of them, to texts (vLLM, SGLang)',
    request: routerDetokenizeSchema,
    ...foreign,
  },
  {
    method: 'post',
    path: '/v1/chat/completions/render',
    scope: 'generate',
    summary: 'Return the tokens of the prompt of a chat instead of an answer (vLLM)',
    request: chatCompletionSchema,
    ...foreign,
  },
  {
    method: 'post',
    path: '/v1/completions/render',
    scope: 'generate',
    summary: 'Return the tokens of the prompts of a completion instead of answers (vLLM)',
    request: completionSchema,
    ...foreign,
  },
  {
    method: 'post',
    path: '/v1/messages/render',
    scope: 'generate',
    summary: 'Return the tokens of the prompt of a conversation instead of an answer (vLLM)',
    request: messagesRequestSchema,
    ...foreign,
  },
  {
    method: 'post',
    path: '/v1/responses/render',
    scope: 'generate',
    summary: 'Return the tokens of the prompt of a response instead of the response (vLLM)',
    request: responsesSchema,
    ...foreign,
  },
  {
    method: 'post',
    path: '/v1/responses/input_tokens',
    scope: 'generate',
    summary: 'Count the tokens of the prompt of a response',
    request: responsesSchema,
    ...foreign,
  },
  ...information,
  {
    method: 'get',
    path: '/kv_event_sources',
    scope: 'metrics',
    summary: 'Tell where events about the KV caches are published (vLLM)',
    ...foreign,
  },
  {
    method: 'get',
    path: '/v1/loads',
    scope: 'metrics',
    summary: 'Report how busy the models are; `?model=NAME` reports one (SGLang)',
    ...foreign,
  },
  {
    method: 'get',
    path: '/loads',
    scope: 'metrics',
    summary: 'The same as `/v1/loads`',
    ...foreign,
  },
];
