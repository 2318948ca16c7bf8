import type { RemoteEstimateResponse, RemoteTag } from '../../../api/estimate.ts';
import { bytesText } from '../../words/format.ts';
import { words } from '../../words/words.ts';
import { MemoryBar } from '../memory-bar.tsx';
import { Abilities } from '../model-row.tsx';
import { withTag } from '../model-rows.ts';
import { contextText, fitText, isTooLarge } from '../texts.ts';
import { startPull } from './pulls.ts';

interface RemoteProps {
  /** As it was asked for. */
  readonly name: string;
  readonly reply: RemoteEstimateResponse;
}

/** What a model of a registry needs, and what else its repository has. */
export function RemoteModelView({ name, reply }: RemoteProps) {
  const text = words.value.models;
  const { details, download, context_length: context } = reply;
  const facts = [details.family, details.parameter_size, details.quantization_level];
  return (
    <div class="remote-model">
      <p>
        <strong>{reply.model}</strong>{' '}
        <span class="small">
          {[...facts, ...(context > 0 ? [contextText(context)] : [])]
            .filter((fact) => fact !== '')
            .join(' · ')}
        </span>
      </p>
      <Abilities names={reply.capabilities} />
      <p>{text.download(bytesText(download.missing), bytesText(download.total))}</p>
      <MemoryBar estimate={reply} />
      <p class={isTooLarge(reply) ? 'problem' : ''}>{fitText(reply, false)}</p>
      {reply.speed && <p class="problem">{reply.speed.advice}</p>}
      {reply.tags && <Tags name={name} tags={reply.tags} />}
    </div>
  );
}

function Tags({ name, tags }: { name: string; tags: readonly RemoteTag[] }) {
  const text = words.value.models;
  return (
    <table>
      <caption class="hidden">{text.tags}</caption>
      <thead>
        <tr>
          <th scope="col">{text.tag}</th>
          <th scope="col" class="number">
            {text.size}
          </th>
          <th scope="col" class="number">
            {text.tagMemory}
          </th>
          <th scope="col">
            <span class="hidden">{text.fit}</span>
          </th>
          <th scope="col">
            <span class="hidden">{text.actions}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {tags.map(({ tag, size, total, fits }) => (
          <tr key={tag}>
            <th scope="row">{tag}</th>
            <td class="number">{bytesText(size)}</td>
            <td class="number">{bytesText(total)}</td>
            <td class={fits ? '' : 'problem'}>{fits ? text.tagFits : text.tagTooLarge}</td>
            <td>
              <button
                type="button"
                aria-label={`${text.pull} ${tag}`}
                onClick={() => startPull(withTag(name, tag), size)}
              >
                {text.pull}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
