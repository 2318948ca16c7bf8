/** Chat templates of models that the published ones lack, written after the formats in their model cards. */

const each = (roles: Readonly<Record<string, string>>, otherwise = '') => {
  const branches = Object.entries(roles).map(
    ([role, text], index) => `{% ${index === 0 ? 'if' : 'elif'} message.role == '${role}' %}${text}`,
  );
  const last = otherwise === '' ? '' : `{% else %}${otherwise}`;
  return `{% for message in messages %}${branches.join('')}${last}{% endif %}{% endfor %}`;
};
const refuse = (reason: string) => `{{ raise_exception('${reason}') }}`;
const alternate = `{% for message in talk %}{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}${refuse('Conversation roles must alternate user/assistant/user/assistant/...')}{% endif %}{% endfor %}`;
const splitSystem = `{% if messages and messages[0].role == 'system' %}{% set talk = messages[1:] %}{% set system = messages[0].content %}{% else %}{% set talk = messages %}{% set system = '' %}{% endif %}`;
const content = '{{ message.content }}';
const prompted = (text: string) => `{% if add_generation_prompt %}${text}{% endif %}`;

export const modelCardTemplates: Readonly<Record<string, string>> = {
  'Llama 2': `${splitSystem}${alternate}{% for message in talk %}{% if message.role == 'user' %}{{ bos_token }}[INST] {% if loop.first and system %}<<SYS>>
{{ system }}
<</SYS>>

{% endif %}{{ message.content | trim }} [/INST]{% else %} {{ message.content | trim }} {{ eos_token }}{% endif %}{% endfor %}`,
  'Mistral 7B v0.1': `{{ bos_token }}{% set talk = messages %}{% for message in messages %}{% if message.role not in ['user', 'assistant'] %}${refuse('Only user and assistant roles are supported!')}{% endif %}{% endfor %}${alternate}${each({ user: `[INST] ${content} [/INST]`, assistant: `${content}{{ eos_token }}` })}`,
  'Gemma 3': `{{ bos_token }}${splitSystem}${alternate}{% for message in talk %}<start_of_turn>{{ 'model' if message.role == 'assistant' else message.role }}
{% if loop.first and system %}{{ system }}

{% endif %}{% if message.content is string %}{{ message.content | trim }}{% else %}{% for item in message.content %}{% if item.type == 'text' %}{{ item.text | trim }}{% endif %}{% endfor %}{% endif %}<end_of_turn>
{% endfor %}${prompted('<start_of_turn>model\n')}`,
  SmolVLM: `<|im_start|>{% for message in messages %}{{ message.role | capitalize }}{% if message.content[0].type == 'image' %}:{% else %}: {% endif %}{% for line in message.content %}{% if line.type == 'text' %}{{ line.text }}{% elif line.type == 'image' %}<image>{% endif %}{% endfor %}<end_of_utterance>
{% endfor %}${prompted('Assistant:')}`,
  'Vicuna 1.5': `${splitSystem}{{ system }}{% for message in talk %}{% if message.role == 'user' %} USER: {{ message.content }}{% elif message.role == 'assistant' %} ASSISTANT: {{ message.content }}{{ eos_token }}{% endif %}{% endfor %}${prompted(' ASSISTANT:')}`,
  'Phi-4': `${each({
    system: `<|im_start|>system<|im_sep|>${content}<|im_end|>`,
    user: `<|im_start|>user<|im_sep|>${content}<|im_end|>`,
    assistant: `<|im_start|>assistant<|im_sep|>${content}<|im_end|>`,
  })}${prompted('<|im_start|>assistant<|im_sep|>')}`,
  Zephyr: `${each({
    user: `<|user|>\n${content}{{ eos_token }}\n`,
    system: `<|system|>\n${content}{{ eos_token }}\n`,
    assistant: `<|assistant|>\n${content}{{ eos_token }}\n`,
  })}${prompted('<|assistant|>\n')}`,
  'OLMo 2': `{{ bos_token }}${each({
    system: `<|system|>\n${content}\n`,
    user: `<|user|>\n${content}\n`,
    assistant: `<|assistant|>\n${content}{{ eos_token }}\n`,
  })}${prompted('<|assistant|>\n')}`,
  'Command R': `{{ bos_token }}${splitSystem}{% if system %}<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>{{ system }}<|END_OF_TURN_TOKEN|>{% endif %}${alternate}{% for message in talk %}<|START_OF_TURN_TOKEN|>{{ '<|USER_TOKEN|>' if message.role == 'user' else '<|CHATBOT_TOKEN|>' }}{{ message.content | trim }}<|END_OF_TURN_TOKEN|>{% endfor %}${prompted('<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>')}`,
  'GLM-4': `[gMASK]<sop>{% if tools %}<|system|>\n{% for tool in tools %}## {{ tool.function.name }}\n{{ tool | tojson }}\n{% endfor %}{% endif %}{% for message in messages %}{% if message.tool_calls %}{% for call in message.tool_calls %}<|assistant|>{{ call.function.name }}\n{{ call.function.arguments if call.function.arguments is string else call.function.arguments | tojson }}{% endfor %}{% else %}<|{{ 'observation' if message.role == 'tool' else message.role }}|>\n${content}{% endif %}{% endfor %}${prompted('<|assistant|>')}`,
  'Llama 4': `{{ bos_token }}{% for message in messages %}<|header_start|>{{ 'ipython' if message.role == 'tool' else message.role }}<|header_end|>\n\n{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content %}{{ part.text if part.type == 'text' else '<|image|>' }}{% endfor %}{% endif %}{% if message.tool_calls %}{% for call in message.tool_calls %}{"name": "{{ call.function.name }}", "parameters": {{ call.function.arguments | tojson }}}{% endfor %}{% endif %}<|eot|>{% endfor %}${prompted('<|header_start|>assistant<|header_end|>\n\n')}`,
};
