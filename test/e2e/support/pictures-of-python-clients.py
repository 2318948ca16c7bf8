"""The official Python clients send a picture to a running server; prints one line per check that holds."""

import base64
import os
import pathlib

import anthropic
import ollama
import openai

URL = os.environ["SERVER_URL"]
QUESTION = os.environ["QUESTION"]
EXPECTED = os.environ["EXPECTED"]
DOCUMENT = os.environ["DOCUMENT"]
PATH = pathlib.Path(os.environ["PICTURE"])
BASE64 = base64.b64encode(PATH.read_bytes()).decode()
MODEL = "seeing"


def check(name: str, holds: bool) -> None:
    if not holds:
        raise AssertionError(name)
    print("ok", name)


def ollama_client() -> None:
    client = ollama.Client(host=URL)
    for name, image in {"path": PATH, "bytes": PATH.read_bytes(), "base64": BASE64}.items():
        reply = client.chat(MODEL, messages=[{"role": "user", "content": QUESTION, "images": [image]}])
        check(f"ollama {name}", reply.message.content == EXPECTED)


def openai_client() -> None:
    client = openai.OpenAI(base_url=f"{URL}/v1", api_key="none", max_retries=0)
    url = f"data:image/bmp;base64,{BASE64}"
    content = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": QUESTION}]
    messages = [{"role": "user", "content": content}]
    reply = client.chat.completions.create(model=MODEL, temperature=0, messages=messages)
    check("openai chat", reply.choices[0].message.content == EXPECTED)
    parts = [{"type": "input_image", "image_url": url, "detail": "auto"}, {"type": "input_text", "text": QUESTION}]
    response = client.responses.create(model=MODEL, temperature=0, input=[{"role": "user", "content": parts}])
    check("openai responses", response.output_text == EXPECTED)


def anthropic_client() -> None:
    client = anthropic.Anthropic(base_url=URL, api_key="none", max_retries=0)
    source = {"type": "base64", "media_type": "image/png", "data": BASE64}
    content = [{"type": "image", "source": source}, {"type": "text", "text": QUESTION}]
    # This client has no argument for the temperature; the model's own is 0.
    request = {"model": MODEL, "max_tokens": 8}
    reply = client.messages.create(messages=[{"role": "user", "content": content}], **request)
    check("anthropic", reply.content[0].text == EXPECTED)
    with client.messages.stream(messages=[{"role": "user", "content": content}], **request) as stream:
        check("anthropic streamed", stream.get_final_text() == EXPECTED)
    pdf = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": DOCUMENT}}
    document = client.messages.create(messages=[{"role": "user", "content": [pdf]}], **request)
    usage = document.usage
    check("anthropic document", usage.input_tokens + (usage.cache_read_input_tokens or 0) > 10)


ollama_client()
openai_client()
anthropic_client()
