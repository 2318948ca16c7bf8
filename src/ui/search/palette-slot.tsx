import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useKey } from '../keys/use-key.ts';
import { areKeysShown, isPaletteOpen } from './palette-state.ts';

/** Code that was loaded before. */
const loaded: { palette?: ComponentType; keys?: ComponentType } = {};

/** The palette and the help of keys, when they are open. Their code is loaded the first time. */
export function PaletteSlot() {
  const [, setLoads] = useState(0);
  const [palette, keys] = [isPaletteOpen.value, areKeysShown.value];
  useKey('palette', () => {
    isPaletteOpen.value = !isPaletteOpen.value;
  });
  useKey('help', () => {
    areKeysShown.value = !areKeysShown.value;
  });
  useEffect(() => {
    const load = async () => {
      if (palette) loaded.palette ??= (await import('./palette.tsx')).Palette;
      if (keys) loaded.keys ??= (await import('../keys/keys-help.tsx')).KeysHelp;
      setLoads((count) => count + 1);
    };
    if ((palette && !loaded.palette) || (keys && !loaded.keys)) void load();
  }, [palette, keys]);
  const { palette: Palette, keys: Keys } = loaded;
  return (
    <>
      {palette && Palette && <Palette />}
      {keys && Keys && <Keys />}
    </>
  );
}
