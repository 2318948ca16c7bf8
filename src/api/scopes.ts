/** What an API key may be allowed to do, with what each scope opens, for help and documentation. */
const scopeNotes = {
  generate: 'run models: completions, embeddings, reranking, tokens',
  read: 'list and show models, loaded models and the queue; estimate memory; keep its own chats',
  load: 'load and unload models',
  pull: 'pull models from registries, and from this server as a registry',
  manage: 'create, copy, delete, push and verify models; upload blobs',
  tools: 'declare tools in requests that run models',
  metrics: 'read the metrics, and watch the engine',
  admin: 'manage keys, and see settings, logs and the usage of all; includes every other scope',
} as const;

/** One of the rights of an API key. */
export type Scope = keyof typeof scopeNotes;

/** What a route needs, where keys are needed: a key with a scope, any key, or nothing (`open`). */
export type Need = Scope | 'any' | 'open';

/** Every scope, in the order of the documentation. */
export const scopes = Object.keys(scopeNotes) as readonly Scope[];

/** The scopes of a key for which none are named: those of a program or a person that uses models. */
export const defaultScopes: readonly Scope[] = ['generate', 'read', 'tools'];
