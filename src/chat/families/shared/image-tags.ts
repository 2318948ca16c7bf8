import { isSpace } from './white-space.ts';

/** Numbers the images of a conversation: `[img-0]` marks where the engine inserts the first one. */
export class ImageTags {
  #count = 0;

  /** Adds a tag for each image: in place of `[img]`, or before the content. Does nothing if a client wrote tags itself. */
  write(content: string, images: readonly unknown[] = []): string {
    const first = this.#count;
    this.#count += images.length;
    if (images.length === 0 || content.includes('[img-')) return content;
    const tags = images.map((_, index) => `[img-${first + index}]`);
    const placed = content.replaceAll('[img]', () => tags.shift() ?? '[img]');
    const separator = tags.length > 0 && placed !== '' && !isSpace(placed.charAt(0)) ? ' ' : '';
    return tags.join('') + separator + placed;
  }
}
