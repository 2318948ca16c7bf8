import type { ChatRequest } from '../../../api/chat.ts';
import type { IgnoredParts } from '../../../api/ignored-parts.ts';
import { OllamaError } from '../../../base/errors.ts';
import { nativeResponsesRequest, type ResponsesRequest } from '../../../compat/openai/responses/request.ts';
import type { ResponseStore, StoredResponse } from '../../response-store.ts';
import type { RequestContext } from '../../server-parts.ts';

interface AskedParts {
  readonly responses: ResponseStore;
  readonly ignored: IgnoredParts;
}

interface AskedResponse extends Pick<ReturnType<typeof nativeResponsesRequest>, 'tools'> {
  readonly native: ChatRequest;
  /** The response that the request goes on from. */
  readonly previous: StoredResponse | undefined;
}

/**
 * What a request for a response asks of the model, with what is stored of the conversation before it.
 * @throws OllamaError `invalid-request`, also with status 404 for a response that is not stored here
 */
export function askedResponse(
  context: RequestContext,
  request: ResponsesRequest,
  { responses, ignored }: AskedParts,
): AskedResponse {
  const owner = context.get('key')?.id;
  const previous = previousResponse(request, responses, owner);
  const before = previous?.messages ?? [];
  const storedItem = (id: string) => responses.item(id, owner);
  const { chat: native, tools } = nativeResponsesRequest(request, { before, ignored, storedItem });
  return { native, tools, previous };
}

function previousResponse(
  { previous_response_id: id }: ResponsesRequest,
  store: ResponseStore,
  owner: string | undefined,
): StoredResponse | undefined {
  if (id === undefined) return undefined;
  const stored = store.get(id, owner);
  if (stored) return stored;
  throw new OllamaError('invalid-request', `Previous response with id '${id}' not found.`, { status: 404 });
}
