/** Where a chat is scrolled to: at its end, which it follows, or at a message, which stays where it is. */
import { signal } from '@preact/signals';
import { Heights, type VirtualRange } from './virtual-range.ts';

/** Closer to the end counts as the end. */
const END_PIXELS = 8;

interface Place {
  readonly id: string;
  /** Pixels from the top of the message to the top of the window. */
  readonly offset: number;
}

export class MessageScroll {
  readonly range = signal<VirtualRange>({ from: 0, to: 0, before: 0, behind: 0 });
  /** Whether new text is followed. */
  readonly isFollowing = signal(true);
  readonly #heights = new Heights();
  readonly #sizes = new ResizeObserver((entries) => this.#noteSizes(entries));
  #box: HTMLElement | undefined;
  #ids: readonly string[] = [];
  #place: Place | undefined;
  #lastTop = 0;

  /** The element that scrolls; undefined when it goes away. */
  attach(box: HTMLElement | null): void {
    this.#detach();
    if (box === null) return;
    this.#box = box;
    this.#sizes.observe(box);
    box.addEventListener('scroll', this.#onScroll, { passive: true });
    this.arrange();
  }

  /** The element of a message. */
  watch(element: HTMLElement): () => void {
    this.#sizes.observe(element);
    return () => this.#sizes.unobserve(element);
  }

  setIds(ids: readonly string[]): void {
    this.#ids = ids;
    this.#heights.setIds(ids);
    this.#updateRange();
  }

  /** Follows the end from now on. */
  toEnd(): void {
    this.isFollowing.value = true;
    this.arrange();
  }

  /** Scrolls to a message. */
  toMessage(id: string): void {
    this.isFollowing.value = false;
    this.#place = { id, offset: -END_PIXELS };
    this.arrange();
  }

  /** Puts the window back to its place after something has changed its size. */
  arrange(): void {
    const box = this.#box;
    if (!box) return;
    const top = this.#wantedTop(box);
    if (top !== undefined && Math.abs(box.scrollTop - top) >= 1) box.scrollTop = top;
    this.#lastTop = box.scrollTop;
    this.#updateRange();
  }

  #detach(): void {
    this.#box?.removeEventListener('scroll', this.#onScroll);
    this.#box = undefined;
    this.#sizes.disconnect();
  }

  #wantedTop(box: HTMLElement): number | undefined {
    // The end of the document and not that of the heights, which may still be guesses.
    if (this.isFollowing.value) return box.scrollHeight - box.clientHeight;
    if (!this.#place) return undefined;
    const index = this.#ids.indexOf(this.#place.id);
    return index < 0 ? undefined : this.#heights.top(index) + this.#place.offset;
  }

  readonly #onScroll = (): void => {
    const box = this.#box;
    if (!box) return;
    const { scrollTop, scrollHeight, clientHeight } = box;
    const isAtEnd = scrollHeight - clientHeight - scrollTop <= END_PIXELS;
    // What this class sets moves down or stays; only the reader scrolls up while the end is followed.
    if (isAtEnd) this.isFollowing.value = true;
    else if (scrollTop < this.#lastTop - 1) this.isFollowing.value = false;
    this.#lastTop = scrollTop;
    const index = this.#heights.indexAt(scrollTop);
    const id = this.#ids[index];
    if (id !== undefined) this.#place = { id, offset: scrollTop - this.#heights.top(index) };
    this.#updateRange();
  };

  #noteSizes(entries: readonly ResizeObserverEntry[]): void {
    let isChanged = false;
    for (const { target, borderBoxSize } of entries) {
      const id = target instanceof HTMLElement ? target.dataset.item : undefined;
      const height = borderBoxSize[0]?.blockSize ?? 0;
      // Without an ID it is the window itself. An element that was just removed has no height.
      if (id === undefined) isChanged = true;
      else if (height > 0 && this.#heights.measure(id, height)) isChanged = true;
    }
    if (isChanged) this.arrange();
  }

  #updateRange(): void {
    const box = this.#box;
    const height = box?.clientHeight ?? 0;
    const top = this.isFollowing.value ? this.#heights.total - height : (box?.scrollTop ?? 0);
    const next = this.#heights.range(top, height);
    const { from, to, before, behind } = this.range.peek();
    const isSame = from === next.from && to === next.to && before === next.before && behind === next.behind;
    if (!isSame) this.range.value = next;
  }
}
