/** Chat templates of the kinds that model cards show, each with other demands. */

const generate = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
const turn = "{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}";

/** Writes every role at its place. */
export const lenientTemplate = `{% for message in messages %}${turn}{% endfor %}${generate}`;

/** Refuses whatever is not one system message, then user and assistant in turn. */
export const strictTemplate = `{% if messages[0].role == 'system' %}{% set talk = messages[1:] %}<system>{{ messages[0].content }}</system>
{% else %}{% set talk = messages %}{% endif %}
{% for message in talk %}
{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate user/assistant after an optional system message') }}{% endif %}
{% if message.role == 'user' %}<user>{{ message.content }}</user><bot>{% elif message.role == 'assistant' %}{{ message.content }}</bot>{% else %}{{ raise_exception('Only user and assistant roles are known') }}{% endif %}
{% endfor %}`;

/** Has no system turns, as Gemma 2. */
export const systemlessTemplate = `{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}${lenientTemplate}`;

/** Passes over every system message but the first, as many templates do unnoticed. */
export const forgetfulTemplate = `{% for message in messages %}{% if message.role != 'system' or loop.first %}${turn}{% endif %}{% endfor %}${generate}`;

/** Puts all system texts at the start. */
export const gatheringTemplate = `{% for message in messages if message.role == 'system' %}${turn}{% endfor %}{% for message in messages if message.role != 'system' %}${turn}{% endfor %}${generate}`;

/** Reads contents as lists of parts, as templates of models with vision. */
export const partsTemplate = `{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' }}{% for part in message.content %}{% if part.type == 'text' %}{{ part.text }}{% endif %}{% endfor %}{{ '<|im_end|>\\n' }}{% endfor %}${generate}`;

/** Refuses a conversation without a system message. */
export const instructedTemplate = `{% if messages[0].role != 'system' %}{{ raise_exception('A system message must come first') }}{% endif %}${lenientTemplate}`;

const results = "{% if message.role == 'tool' %}{{ '<result>' + message.content + '</result>\\n' }}";

/** Writes the arguments of calls without encoding them. */
export const textArgumentsTemplate = `{% for message in messages %}${results}{% elif message.tool_calls %}{% for call in message.tool_calls %}{{ '<call>' + call.function.name + ' ' + call.function.arguments + '</call>\\n' }}{% endfor %}{% else %}${turn}{% endif %}{% endfor %}${generate}`;

/** Expects that a message with calls has no content, as DeepSeek's. */
export const noContentTemplate = `{% for message in messages %}${results}{% elif message.content is none %}{% for call in message.tool_calls %}{{ '<call>' + call.function.name + ' ' + call.function.arguments | tojson + '</call>\\n' }}{% endfor %}{% else %}${turn}{% endif %}{% endfor %}${generate}`;

/** Knows one call per message, IDs of nine letters and digits, and no user behind a result, as Llama's and Mistral's. */
export const narrowCallsTemplate = `{% set place = namespace(users=0, after=false) %}{% for message in messages %}${results.replace(
  '%}{{',
  "%}{% set place.after = true %}{% if message.tool_call_id | length != 9 %}{{ raise_exception('Call IDs must have 9 characters') }}{% endif %}{{",
)}{% elif message.tool_calls %}{% if message.tool_calls | length > 1 %}{{ raise_exception('Only single calls are supported') }}{% endif %}{% set call = message.tool_calls[0] %}{% if call.id | length != 9 %}{{ raise_exception('Call IDs must have 9 characters') }}{% endif %}{{ '<call>' + call.id + ' ' + call.function.name + ' ' + call.function.arguments | tojson + '</call>\\n' }}{% else %}{% if message.role == 'user' and place.after %}{{ raise_exception('An answer must follow a result') }}{% endif %}{% set place.after = false %}${turn}{% endif %}{% endfor %}${generate}`;
