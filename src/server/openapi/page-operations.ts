/** What our own web page uses beside the routes of other programs. */
import { appendEntriesRequestSchema } from '../../api/chats.ts';
import type { Operation } from './operation.ts';

export const pageOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/chats',
    scope: 'read',
    summary: 'List the chats that the key keeps on the server; only with `OLLAMA_UI_CHATS=on`',
    response: 'ChatsResponse',
  },
  {
    method: 'get',
    path: '/api/chats/:id',
    scope: 'read',
    summary: 'Return the entries of a chat from the number `?after` on, as many as fit into one reply',
    response: 'ChatEntriesResponse',
  },
  {
    method: 'post',
    path: '/api/chats/:id',
    scope: 'read',
    summary:
      'Add entries to a chat, except those that it has; `?create=true` begins a chat that does not exist',
    request: appendEntriesRequestSchema,
    response: 'AppendEntriesResponse',
  },
  {
    method: 'delete',
    path: '/api/chats/:id',
    scope: 'read',
    summary: 'Delete a chat for good',
    response: 'DeletedChatResponse',
  },
  {
    method: 'post',
    path: '/api/runs/:id/answer',
    scope: 'any',
    summary:
      'End the thinking of a running request of the same key, so that its answer begins; `:id` is its `X-Request-Id`',
    response: 'AnswerNowResponse',
  },
  {
    method: 'get',
    path: '/api/config',
    scope: 'admin',
    summary: 'Return the settings of the server, each with its value and the source of the value',
    response: 'ConfigResponse',
  },
  {
    method: 'get',
    path: '/api/logs',
    scope: 'admin',
    summary:
      'Return the latest `?lines` of the log, 100 by default; `?follow=true` goes on with new ones, one JSON object per line',
    response: 'LogsResponse',
  },
];
