import type { Message } from '../../api/common.ts';
import { type MessageShape, standardShape, type TurnShape } from './message-shape.ts';
import { areInOrder, type Prober } from './prober.ts';
import { shapedMessages } from './shaped-messages.ts';

/** Texts that no template contains, and that none changes. */
export const texts = {
  system: 'sproba one',
  laterSystem: 'sproba two',
  user: 'uproba one',
  laterUser: 'uproba two',
  answer: 'aproba one',
  laterAnswer: 'aproba two',
} as const;

const message = (role: string, content: string): Message => ({ role, content });
const system = message('system', texts.system);
const laterSystem = message('system', texts.laterSystem);
const user = message('user', texts.user);
const laterUser = message('user', texts.laterUser);
const answer = message('assistant', texts.answer);
const laterAnswer = message('assistant', texts.laterAnswer);

/** A template that writes an opener or a bridge only if it has a text gets one without meaning. */
export const fillers = ['', '...'] as const;

/**
 * The form in which the template writes plain turns.
 * @returns undefined when it fails on them in every form
 */
export function plainShape(prober: Prober): MessageShape | undefined {
  let working: MessageShape | undefined;
  for (const shape of plainShapes()) {
    const render = (...turns: Message[]) => prober.text(shapedMessages(turns, shape.turns), shape);
    const text = render(user, answer, laterUser);
    if (text === undefined || render(user) === undefined) continue;
    if (areInOrder(text, [texts.user, texts.answer, texts.laterUser])) return shape;
    working ??= shape;
  }
  return working;
}

function* plainShapes(): Generator<MessageShape> {
  const { turns, data } = standardShape;
  for (const functions of [false, true]) {
    for (const needsSystem of [false, true]) {
      for (const noTools of ['none', 'list'] as const) {
        for (const content of ['text', 'parts'] as const) {
          yield { turns: { ...turns, needsSystem }, data: { ...data, content, noTools, functions } };
        }
      }
    }
  }
}

/** Which roles the template writes, and in which order. */
export function roleShape(prober: Prober, known: MessageShape, source: string): TurnShape {
  const shape = { ...known, turns: { ...known.turns, ...systemPlaces(prober, known) } };
  const { turns } = shape;
  const order = [texts.user, texts.laterUser, texts.answer, texts.laterAnswer, texts.user];
  const neighbours = shapedMessages([user, laterUser, answer, laterAnswer, user], turns);
  const joinsNeighbours = !prober.writes(neighbours, known, order);
  return {
    ...turns,
    joinsNeighbours,
    developer: source.includes('developer') && writesDeveloper(prober, shape),
    ...openerOf(prober, { ...shape, turns: { ...turns, joinsNeighbours } }),
  };
}

/** Where system messages are written, and whether several at the start are. */
export function systemPlaces(prober: Prober, shape: MessageShape): Pick<TurnShape, 'system' | 'joinsSystem'> {
  const first = prober.text([system, user], shape);
  if (!first?.includes(texts.system)) return { system: 'nowhere', joinsSystem: false };
  const both = [texts.system, texts.laterSystem, texts.user];
  const joinsSystem = !prober.writes([system, laterSystem, user], shape, both);
  const staysAtPlace = writesLater(prober, shape, laterSystem);
  return { system: staysAtPlace ? 'anywhere' : 'start', joinsSystem };
}

/**
 * Whether an instruction after the first turns is written at its place, before and behind what the user says, and changes
 * nothing before it.
 */
function writesLater(prober: Prober, shape: MessageShape, later: Message): boolean {
  const between = [texts.user, texts.answer, later.content, texts.laterUser];
  const behind = [texts.answer, texts.laterUser, later.content];
  return (
    prober.writes([system, user, answer, later, laterUser], shape, between) &&
    prober.writes([system, user, answer, laterUser, later], shape, behind) &&
    keepsStart(prober, shape, later)
  );
}

/** Some templates write a default system text unless there is any system message. */
function keepsStart(prober: Prober, shape: MessageShape, later: Message): boolean {
  const start = (...messages: Message[]) => prober.text(messages, shape)?.split(texts.answer)[0];
  return start(user, answer, later, laterUser) === start(user, answer, laterUser);
}

/** Whether a template that knows both roles writes both, each in its place. Later ones matter if they stay what they are. */
export function writesDeveloper(prober: Prober, shape: MessageShape): boolean {
  const developer = message('developer', texts.laterSystem);
  const order = [texts.system, texts.laterSystem, texts.user];
  return (
    prober.writes([system, developer, user], shape, order) &&
    prober.writes([developer, user], shape, order.slice(1)) &&
    (shape.turns.system !== 'anywhere' || writesLater(prober, shape, developer))
  );
}

function openerOf(prober: Prober, shape: MessageShape): Pick<TurnShape, 'opener'> {
  const writes = (turns: TurnShape) =>
    prober.writes(shapedMessages([answer, user], turns), { ...shape, turns }, [texts.answer, texts.user]);
  if (writes(shape.turns)) return {};
  const opener = fillers.find((text) => writes({ ...shape.turns, opener: text }));
  return opener === undefined ? {} : { opener };
}
