import { useEffect, useRef, useState } from 'preact/hooks';
import { later } from './work-queue.ts';

interface MathProps {
  /** TeX, without its marks. */
  readonly source: string;
  /** As it was written. */
  readonly raw: string;
  readonly isDisplay: boolean;
}

/** A formula. It is shown as it was written until it is typeset, and if it cannot be. */
export function MathFormula({ source, raw, isDisplay }: MathProps) {
  const place = useRef<HTMLElement>(null);
  const [isTypeset, setTypeset] = useState(false);
  useEffect(() => {
    let isWanted = true;
    let takeBack: (() => void) | undefined;
    setTypeset(false);
    void import('./typeset.ts').then(({ typeset }) => {
      if (!isWanted) return;
      takeBack = later(() => {
        if (place.current) setTypeset(typeset(source, isDisplay, place.current));
      });
    });
    return () => {
      isWanted = false;
      takeBack?.();
    };
  }, [source, isDisplay]);
  return (
    <span class={isDisplay ? 'formula display' : 'formula'}>
      {/* Its content belongs to the typesetter. */}
      <span ref={place} hidden={!isTypeset} />
      {!isTypeset && <code>{raw}</code>}
    </span>
  );
}
