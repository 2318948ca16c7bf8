import { words } from '../words/words.ts';

export function ChatPage() {
  return <h1 class="page-title">{words.value.pages.chat}</h1>;
}
