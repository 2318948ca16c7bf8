import { useComputed } from '@preact/signals';
import { sessionState } from '../api/session.ts';
import { PaletteSlot } from '../search/palette-slot.tsx';
import { words } from '../words/words.ts';
import { KeyForm } from './key-form.tsx';
import { Navigation } from './navigation.tsx';
import { Notices } from './notices.tsx';
import { OpenPage } from './open-page.tsx';

/** The whole page: navigation, the open page, and notices above both. */
export function App() {
  const needsKey = useComputed(() => sessionState.value.needsKey);
  return (
    <>
      <a class="skip" href="#main">
        {words.value.app.skip}
      </a>
      <Navigation />
      <main id="main" tabIndex={-1}>
        {needsKey.value ? <KeyForm /> : <OpenPage />}
      </main>
      <PaletteSlot />
      <Notices />
    </>
  );
}
