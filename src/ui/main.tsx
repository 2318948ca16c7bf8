/** The web page: starts in the browser. */
import { render } from 'preact';
import { loadSession } from './api/session.ts';
import { App } from './app/app.tsx';
import { followAddress } from './app/router.ts';
import { applyTheme } from './app/theme.ts';
import { listenToKeys } from './keys/use-key.ts';
import { chooseLanguage } from './words/words.ts';

applyTheme();
listenToKeys();
followAddress();
await Promise.all([chooseLanguage(), loadSession()]);
const root = document.querySelector('#app');
if (root) render(<App />, root);
