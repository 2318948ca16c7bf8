import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { words } from '../words/words.ts';
import { type Page, pages } from './pages.ts';
import { path } from './router.ts';

/** Code of pages that were opened before. */
const loaded = new Map<Page, ComponentType>();

/** The page of the address; its code is loaded at the first visit. */
export function OpenPage() {
  const page = pages.find((one) => one.path === path.value);
  const [failed, setFailed] = useState<Page>();
  const [, setLoads] = useState(0);
  useEffect(() => {
    if (!page) return;
    document.title = `${words.value.pages[page.name]} – Ollama`;
    if (loaded.has(page)) return;
    page.load().then(
      (component) => {
        loaded.set(page, component);
        setLoads((count) => count + 1);
      },
      () => setFailed(page),
    );
  }, [page]);
  const Component = page && loaded.get(page);
  if (Component) return <Component />;
  if (!page) return <p class="empty">{words.value.app.noPage}</p>;
  return <p class="empty">{failed === page ? words.value.app.pageNotLoaded : words.value.app.loading}</p>;
}
