#!/usr/bin/env bash
# Software: opentelemetry-instrumentation-openai-v2 2.3b0 (with openai 3.54.0 and httpx 0.28.1) and opentelemetry-util-genai 1.3b0 (PyPI), both of
# the OpenTelemetry project.
#
# Behaviour: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT says whether prompts and answers belong into traces. No value
# switches it on for both: the first package knows only "true" and takes SPAN_ONLY, EVENT_ONLY and SPAN_AND_EVENT for off,
# without a word; the second knows only these three and takes "true" for off, with a warning in its log.
#
# Expected instead: one meaning of the variable, or at least "true" for on in both.
#
# Why it matters: programs that follow one server's runs set this variable once for all of them. What they see then depends on
# the package that each program happens to use. A server that honours the variable has to accept both vocabularies.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv openai-v2
python3 -m venv util-genai
openai-v2/bin/pip install --quiet --disable-pip-version-check \
  opentelemetry-instrumentation-openai-v2==2.3b0 openai==3.54.0 httpx==0.28.1
util-genai/bin/pip install --quiet --disable-pip-version-check opentelemetry-util-genai==1.3b0

cat >openai_v2.py <<'PY'
from opentelemetry.instrumentation.openai_v2.utils import is_content_enabled

print("on" if is_content_enabled() else "off")
PY
cat >util_genai.py <<'PY'
from opentelemetry.util.genai.utils import get_content_capturing_mode

print("off" if get_content_capturing_mode().name == "NO_CONTENT" else "on")
PY

for value in true SPAN_ONLY EVENT_ONLY SPAN_AND_EVENT; do
  export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=$value
  printf '%s: openai-v2 %s, util-genai %s\n' "$value" \
    "$(openai-v2/bin/python openai_v2.py)" "$(util-genai/bin/python util_genai.py 2>/dev/null)"
done | tee seen.txt

diff -u - seen.txt <<'SEEN'
true: openai-v2 on, util-genai off
SPAN_ONLY: openai-v2 off, util-genai on
EVENT_ONLY: openai-v2 off, util-genai on
SPAN_AND_EVENT: openai-v2 off, util-genai on
SEEN
echo 'as recorded'
