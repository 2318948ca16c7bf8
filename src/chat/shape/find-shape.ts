import { callShape, toolShape } from './call-probes.ts';
import { type MessageShape, standardShape, standardTurns, type TurnShape } from './message-shape.ts';
import { type ProbeRender, Prober } from './prober.ts';
import { plainShape, roleShape, systemPlaces, writesDeveloper } from './turn-probes.ts';

/**
 * Finds out by rendering probes which conversations a Jinja template writes, and in what form it expects their parts.
 * @param source the text of the template
 * @returns undefined when it fails on plain turns in every form
 */
export function findShape(render: ProbeRender, source: string): MessageShape | undefined {
  const prober = new Prober(render);
  const plain = plainShape(prober);
  if (!plain) return undefined;
  if (prober.isOver) return plain;
  const known = { ...plain, turns: roleShape(prober, plain, source) };
  return prober.isOver ? known : callShape(prober, toolShape(prober, known));
}

/**
 * Finds out where a Go template or a renderer writes instructions. Everything else stays as Ollama has it: only texts that
 * would be left out, or moved in front of older turns, are written differently.
 */
export function findInstructionShape(render: ProbeRender): TurnShape {
  const prober = new Prober(render);
  const places = systemPlaces(prober, standardShape);
  // A template without any system text loses it in Ollama as well.
  const system = places.system === 'nowhere' ? 'anywhere' : places.system;
  const turns = { ...standardTurns, ...places, system };
  return { ...turns, developer: writesDeveloper(prober, { ...standardShape, turns }) };
}
