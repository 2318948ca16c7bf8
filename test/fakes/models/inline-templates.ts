import { ModelTemplates } from '../../../src/models/model-templates.ts';
import { inlineChatWork } from '../chats/inline-work.ts';

/** Looks at templates in this process. */
export function inlineTemplates(): ModelTemplates {
  return new ModelTemplates({ choice: 'auto', work: inlineChatWork() });
}
