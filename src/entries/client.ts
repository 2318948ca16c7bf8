/**
 * The entry `ollama-ts/client`: a typed client of the native HTTP API, for this server and for Ollama's.
 *
 * Every name in this file is public API, and its removal or change is a breaking change. Add names one by one.
 */
export type { ChatRequest, ChatResponse } from '../api/chat.ts';
export type { Message, ProgressResponse, Tool, ToolCall } from '../api/common.ts';
export type { CreateRequest } from '../api/create.ts';
export type { EmbedRequest, EmbedResponse } from '../api/embed.ts';
export type { GenerateRequest, GenerateResponse } from '../api/generate.ts';
export type { PsResponse } from '../api/ps.ts';
export type { PullRequest } from '../api/pull.ts';
export type { PushRequest } from '../api/push.ts';
export type { ShowRequest, ShowResponse } from '../api/show.ts';
export type { TagsResponse } from '../api/tags.ts';
export type { VersionResponse } from '../api/version.ts';
export { type ErrorCode, OllamaError } from '../base/errors.ts';
export { type ClientOptions, OllamaClient } from '../client/client.ts';
export type { ClientTls } from '../client/server-address.ts';
