import { createKeyRequestSchema, rotateKeyRequestSchema } from '../../api/keys.ts';
import { sessionRequestSchema } from '../../api/session.ts';
import type { Operation } from './operation.ts';

export const keyOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/keys',
    scope: 'admin',
    summary: 'List the API keys',
    response: 'KeysResponse',
  },
  {
    method: 'post',
    path: '/api/keys',
    scope: 'admin',
    summary: 'Create an API key; the reply shows it, and nothing shows it again',
    request: createKeyRequestSchema,
    response: 'NewKey',
  },
  {
    method: 'get',
    path: '/api/keys/:id',
    scope: 'admin',
    summary: 'Return one API key, by its ID or name',
    response: 'KeyInfo',
  },
  {
    method: 'delete',
    path: '/api/keys/:id',
    scope: 'admin',
    summary: 'Revoke an API key; it is invalid at once',
    response: 'KeyInfo',
  },
  {
    method: 'post',
    path: '/api/keys/:id/rotate',
    scope: 'admin',
    summary: 'Replace an API key by a new one with the same ID, name and rights',
    request: rotateKeyRequestSchema,
    response: 'NewKey',
  },
  {
    method: 'get',
    path: '/api/session',
    scope: 'open',
    summary: 'Return the session of a web page, by its cookie; 204 without a body where there is none',
    response: 'SessionResponse',
  },
  {
    method: 'post',
    path: '/api/session',
    scope: 'open',
    summary: 'Exchange a key for the cookie of a session',
    request: sessionRequestSchema,
    response: 'SessionResponse',
  },
  { method: 'delete', path: '/api/session', scope: 'open', summary: 'End the session of a web page' },
];
