import type { Message } from '../api/common.ts';
import type { IgnoredParts } from '../api/ignored-parts.ts';
import { mediaProblem } from '../api/media-text.ts';
import { OllamaError } from '../base/errors.ts';

/** The content of a message in the form of the native API. */
export interface PlainContent {
  readonly content: string;
  /** Images and sounds in base64. */
  readonly images: string[];
  /** Where the client wrote each image, such as "messages[2].content[1]". */
  readonly imagePlaces: string[];
}

/** Where content stands in a request. */
export interface ContentPlace {
  /** The path of the list of parts, such as "messages[2].content". */
  readonly path: string;
  /** Whether the answer is about this content, so that leaving a part of it out may make the answer a lie. */
  readonly isAsked: boolean;
  /** Whether a model wrote it: a marker for a part of an unknown type would teach the model to write such. */
  readonly isAnswer?: boolean;
  readonly ignored: IgnoredParts;
}

/** The fields of a message that carry its images. */
export function imageFields({ images, imagePlaces }: PlainContent): Pick<Message, 'images' | 'imagePlaces'> {
  return images.length > 0 ? { images, imagePlaces } : {};
}

/** Kinds of parts that a user adds for the answer to be about them. */
const attachments = new Set(['image', 'audio', 'video', 'file', 'document']);
/** A type goes into the prompt, so it must look like one. */
const plainType = /^[\w.-]{1,60}$/;

/** Collects the texts and images of a list of parts, in which a marker stands for what is left out. */
export class PlainParts {
  readonly #place: ContentPlace;
  readonly #texts: string[] = [];
  readonly #images: string[] = [];
  readonly #imagePlaces: string[] = [];
  /** How many of the texts are markers. */
  #markers = 0;
  #unknown: string | undefined;

  constructor(place: ContentPlace) {
    this.#place = place;
  }

  text(text: string): void {
    this.#texts.push(text);
  }

  /**
   * Adds a picture or a sound.
   * @param data base64
   * @throws OllamaError as `leaveOut`, for a text that is not base64
   */
  medium(data: string, index: number, kind: 'image' | 'audio' = 'image'): void {
    const problem = mediaProblem(data);
    if (problem !== undefined) {
      this.leaveOut(kind, index, problem);
      return;
    }
    this.#images.push(data);
    this.#imagePlaces.push(this.#pathOf(index));
  }

  /**
   * Puts a marker in the place of a part that no model can be given.
   * @param kind what the part is, such as "image", or its type
   * @param reason why it cannot be given, and what to send in its place
   * @throws OllamaError `invalid-request` for an attachment that the answer is about
   */
  leaveOut(kind: string, index: number, reason: string): void {
    const { isAsked, isAnswer, ignored } = this.#place;
    const path = this.#pathOf(index);
    if (isAsked && attachments.has(kind)) throw refuse(`${path}: ${reason}`);
    this.#unknown ??= `${path}: ${reason}`;
    ignored.add(`${path} (${kind})`);
    if (isAnswer && !attachments.has(kind)) return;
    this.#markers += 1;
    this.#texts.push(`[${plainType.test(kind) ? kind : 'part'} left out]`);
  }

  /** @throws OllamaError `invalid-request` if the answer is about this content, and all of it was left out */
  end(): PlainContent {
    const { isAsked } = this.#place;
    const isEmpty = this.#texts.length === this.#markers && this.#images.length === 0;
    if (isAsked && isEmpty && this.#unknown !== undefined) throw refuse(this.#unknown);
    return { content: this.#texts.join('\n'), images: this.#images, imagePlaces: this.#imagePlaces };
  }

  #pathOf(index: number): string {
    return `${this.#place.path}[${index}]`;
  }
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
