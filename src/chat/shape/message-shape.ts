/**
 * Which conversations a template can write, as its probes have shown. What it cannot write as it is, is written in a way
 * that it can: `shapedMessages`.
 */
export interface TurnShape {
  /** Whether it writes the role `developer`; otherwise these messages become system messages. */
  readonly developer: boolean;
  /**
   * `anywhere`: system messages are written at their place. `start`: later ones become user turns at their place, so that the
   * text before them stays the same. `nowhere`: in addition, those at the start go in front of the first user turn.
   */
  readonly system: 'anywhere' | 'start' | 'nowhere';
  /** Whether several system messages at the start must be one. */
  readonly joinsSystem: boolean;
  /** Whether it refuses a conversation without a system message, so that an empty one is added. */
  readonly needsSystem: boolean;
  /** Whether neighbours of one role must be one turn. */
  readonly joinsNeighbours: boolean;
  /** The content of a user turn that must precede a conversation that begins with another role; absent if none is needed. */
  readonly opener?: string;
  /** The content of an answer that must stand between a tool's result and a user turn; absent if none is needed. */
  readonly bridge?: string;
  /** How many calls it writes for one message. `text`: it writes none, so they become texts of the assistant. */
  readonly calls: 'many' | 'one' | 'text';
  /** Whether it writes the results of tools; otherwise they become texts of the user. */
  readonly results: boolean;
  /** Whether the IDs of calls must have nine letters and digits, as Mistral's templates demand. */
  readonly shortIds: boolean;
  /** Whether the content beside calls must be part of the thinking, because only one of the two may be there. */
  readonly joinsThinking: boolean;
}

/** In what form a Jinja template expects the parts of messages. */
export interface DataShape {
  /** `parts`: a list of objects with a type and a text. */
  readonly content: 'text' | 'parts';
  /** The content of a message that has only calls: "", none, or no such member. */
  readonly callContent: 'text' | 'none' | 'absent';
  readonly arguments: 'object' | 'text';
  /** `fields`: `thinking` and `reasoning_content`. `reasoning`: a member of this name too. `part`: a part of the content. */
  readonly thinking: 'fields' | 'reasoning' | 'part';
  /** What stands for "no tools": none, or an empty list. */
  readonly noTools: 'none' | 'list';
  /** `complete`: with a description of everything. `text`: it cannot write tools, so the system text describes them. */
  readonly tools: 'given' | 'complete' | 'text';
  /** Whether it reads the tools as JSON in the variable `functions`, and the date in `datetime`, as Firefunction does. */
  readonly functions: boolean;
}

export interface MessageShape {
  readonly turns: TurnShape;
  /** Only Jinja templates have a choice. */
  readonly data: DataShape;
}

/** What a template is expected to take until probes show otherwise. */
export const standardTurns: TurnShape = {
  developer: false,
  system: 'anywhere',
  joinsSystem: false,
  needsSystem: false,
  joinsNeighbours: false,
  calls: 'many',
  results: true,
  shortIds: false,
  joinsThinking: false,
};

export const standardData: DataShape = {
  content: 'text',
  callContent: 'text',
  arguments: 'object',
  thinking: 'fields',
  noTools: 'none',
  tools: 'given',
  functions: false,
};

export const standardShape: MessageShape = { turns: standardTurns, data: standardData };

/** The order in which a refused conversation is simplified: each step keeps the earlier ones. */
const steps: readonly Partial<TurnShape>[] = [
  { developer: false, system: 'start', joinsSystem: true, joinsNeighbours: true, calls: 'one' },
  { opener: '' },
  { bridge: '' },
  { system: 'nowhere', shortIds: true, joinsThinking: true },
  { calls: 'text', results: false },
];

/** Shapes of ever simpler conversations, for a template that refuses one in the shape of its probes. */
export function* simplerTurns(shape: TurnShape): Generator<TurnShape> {
  let simpler = shape;
  for (const step of steps) {
    const { calls, system } = { ...simpler, ...step };
    const next: TurnShape = {
      ...simpler,
      ...step,
      calls: shape.calls === 'text' ? 'text' : calls,
      system: shape.system === 'nowhere' ? 'nowhere' : system,
      ...(shape.opener !== undefined && { opener: shape.opener }),
      ...(shape.bridge !== undefined && { bridge: shape.bridge }),
    };
    simpler = next;
    yield next;
  }
}
