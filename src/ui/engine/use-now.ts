import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { EngineFeed } from './engine-feed.ts';

/** The shown time, renewed twice a second, for what grows while nothing else changes. Milliseconds on the server's clock. */
export function useNow(feed: EngineFeed): number {
  const now = useSignal(feed.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = feed.now();
    }, 500);
    return () => clearInterval(timer);
  }, [feed, now]);
  return now.value;
}
