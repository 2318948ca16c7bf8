import { KeyCaps } from '../keys/key-caps.tsx';
import { words } from '../words/words.ts';
import { isPaletteOpen } from './palette-state.ts';

/** Opens the palette, for those who do not use its key. */
export function SearchButton() {
  return (
    <button type="button" class="quiet search-button" onClick={() => (isPaletteOpen.value = true)}>
      {words.value.palette.open}
      <KeyCaps name="palette" />
    </button>
  );
}
