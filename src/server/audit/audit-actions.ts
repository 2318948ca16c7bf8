/** Which requests change something, and what the audit log calls them. */

/** Operations of the API, in the notation of its routes. `none` = it changes nothing that outlives its reply. */
const actions: Readonly<Record<string, string>> = {
  'POST /api/create': 'create',
  'POST /api/copy': 'copy',
  'DELETE /api/delete': 'delete',
  'POST /api/pull': 'pull',
  'POST /api/push': 'push',
  'POST /api/load': 'load',
  'POST /api/unload': 'unload',
  'POST /api/link': 'link',
  'POST /api/blobs': 'upload',
  'POST /api/blobs/:digest': 'upload',
  'POST /api/type-speeds': 'type-speeds',
  'POST /api/keys': 'create-key',
  'DELETE /api/keys/:id': 'revoke-key',
  'POST /api/keys/:id/rotate': 'rotate-key',
  'POST /api/session': 'begin-session',
  'DELETE /api/session': 'end-session',
  'DELETE /v1/responses/:id': 'delete-response',
  'DELETE /api/chats/:id': 'delete-chat',
  'POST /v1/files': 'upload-file',
  'DELETE /v1/files/:id': 'delete-file',
  'POST /v1/batches': 'create-batch',
  'POST /v1/batches/:id/cancel': 'cancel-batch',
  // A request without a prompt loads or unloads its model, which is noted when the reply says so.
  'POST /api/generate': 'none',
  'POST /api/chat': 'none',
  'POST /api/apply-template': 'none',
  'POST /api/embed': 'none',
  'POST /api/embeddings': 'none',
  'POST /api/rerank': 'none',
  'POST /api/tokenize': 'none',
  'POST /api/detokenize': 'none',
  'POST /api/estimate': 'none',
  'POST /api/estimate/remote': 'none',
  'POST /api/show': 'none',
  'POST /api/verify': 'none',
  // A page sends what it has after each answer.
  'POST /api/chats/:id': 'none',
  'POST /api/runs/:id/answer': 'none',
  'POST /v1/chat/completions': 'none',
  'POST /v1/completions': 'none',
  'POST /v1/embeddings': 'none',
  'POST /v1/audio/transcriptions': 'none',
  'POST /v1/audio/translations': 'none',
  'POST /v1/rerank': 'none',
  'POST /v1/responses': 'none',
  'POST /v1/messages': 'none',
  'POST /v1/messages/count_tokens': 'none',
  'POST /tokenize': 'none',
  'POST /detokenize': 'none',
  'POST /v1/chat/completions/render': 'none',
  'POST /v1/completions/render': 'none',
  'POST /v1/messages/render': 'none',
  'POST /v1/responses/render': 'none',
  'POST /v1/responses/input_tokens': 'none',
  'POST /ping': 'none',
};

/** An operation that a request asks for. */
export interface AuditedOperation {
  /** The path as the route writes it, so that no text of the request is in it. */
  readonly path: string;
  /** Absent = it changes nothing. */
  readonly action?: string;
  /** The parts of the path that have names. */
  readonly parameters: Readonly<Record<string, string>>;
}

const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @returns undefined for a path that the table does not have. Requests that only read have no action */
export function auditedOperation(method: string, path: string): AuditedOperation | undefined {
  const action = actions[`${method} ${path}`];
  if (action !== undefined) return { path, parameters: {}, ...(action !== 'none' && { action }) };
  if (readingMethods.has(method)) return undefined;
  for (const pattern of patterns) {
    const found = pattern.method === method && pattern.expression.exec(path);
    if (!found) continue;
    return { path: pattern.path, action: pattern.action, parameters: { ...found.groups } };
  }
  return undefined;
}

/** The operations whose paths have parameters. */
const patterns = Object.entries(actions)
  .filter(([name, action]) => name.includes(':') && action !== 'none')
  .map(([name, action]) => {
    const [method = '', path = ''] = name.split(' ');
    const expression = new RegExp(`^${path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
    return { method, path, action, expression };
  });

/** Whether somebody has decided what an operation is. @param operation such as "POST /api/pull" */
export function isClassified(operation: string): boolean {
  return Object.hasOwn(actions, operation);
}
