/** What a run needs of its key beyond the scope of its route and the name of its model. */
import type { CallerKey } from '../access/caller-key.ts';
import type { ChatRequest } from '../api/chat.ts';
import type { GenerateRequest } from '../api/generate.ts';
import { type KeepAlive, parseKeepAlive } from '../api/keep-alive.ts';
import type { Scope } from '../api/scopes.ts';
import { OllamaError } from '../base/errors.ts';

/** @throws OllamaError `forbidden` for tools without the scope `tools` */
export function requireTools(request: ChatRequest | GenerateRequest, key: CallerKey | undefined): void {
  const hasTools = 'tools' in request && (request.tools?.length ?? 0) > 0;
  if (hasTools) requireRight(key, 'tools', 'requests that declare tools need');
}

/**
 * A request without a prompt that keeps its model for no time unloads it, for everybody.
 * @throws OllamaError `forbidden` without the scope `load`
 */
export function requireLoad(key: CallerKey | undefined): void {
  requireRight(key, 'load', 'unloading a model needs');
}

/**
 * How long a request keeps its model loaded, in milliseconds. That concerns everybody who uses the model, so a key without the scope
 * `load` leaves it to the settings of the model and the server.
 * @returns undefined where the request decides nothing
 */
export function keepAliveOf(
  { keep_alive: asked }: { readonly keep_alive?: KeepAlive | undefined },
  key: CallerKey | undefined,
): number | undefined {
  return mayKeepAlive(key) ? parseKeepAlive(asked) : undefined;
}

/** Whether a request asks for a `keep_alive` that its key leaves without effect. */
export function ignoresKeepAlive(request: object, key: CallerKey | undefined): boolean {
  if (mayKeepAlive(key) || !('keep_alive' in request)) return false;
  return parseKeepAlive(request.keep_alive) !== undefined;
}

function mayKeepAlive(key: CallerKey | undefined): boolean {
  return !key || key.scopes.has('load');
}

function requireRight(key: CallerKey | undefined, scope: Scope, what: string): void {
  if (!key || key.scopes.has(scope)) return;
  throw new OllamaError('forbidden', `${what} the scope "${scope}", which the API key "${key.name}" lacks`);
}
