import { textReply } from '../reply/http-reply.ts';
import type { Route } from '../server-parts.ts';

export function rootRoute(): Route {
  const handler = () => textReply('Ollama is running');
  return { path: '/', handlers: { GET: handler, HEAD: handler } };
}
