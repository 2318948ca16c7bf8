"""What the official Python clients raise when a key is refused; prints one line per check that holds."""

import os

import anthropic
import ollama
import openai

URL = os.environ["SERVER_URL"]
READER = os.environ["READER_KEY"]
ELSEWHERE = os.environ["ELSEWHERE_KEY"]
MESSAGES = [{"role": "user", "content": "hi"}]


def check(name: str, holds: bool) -> None:
    if not holds:
        raise AssertionError(name)
    print("ok", name)


def raised(call, kind: type) -> bool:
    try:
        call()
    except kind:
        return True
    return False


def openai_client(key: str):
    client = openai.OpenAI(base_url=f"{URL}/v1", api_key=key, max_retries=0)
    return lambda: client.chat.completions.create(model="m", messages=MESSAGES)


def anthropic_client(key: str):
    client = anthropic.Anthropic(base_url=URL, api_key=key, max_retries=0)
    return lambda: client.messages.create(model="m", max_tokens=5, messages=MESSAGES)


def ollama_status(key: str) -> int:
    client = ollama.Client(host=URL, headers={"Authorization": f"Bearer {key}"})
    try:
        client.chat("m", messages=MESSAGES)
    except ollama.ResponseError as error:
        return error.status_code
    return 200


check("openai unknown", raised(openai_client("ok-unknown"), openai.AuthenticationError))
check("openai scope", raised(openai_client(READER), openai.PermissionDeniedError))
check("openai model", raised(openai_client(ELSEWHERE), openai.PermissionDeniedError))
check("anthropic unknown", raised(anthropic_client("ok-unknown"), anthropic.AuthenticationError))
check("anthropic scope", raised(anthropic_client(READER), anthropic.PermissionDeniedError))
check("anthropic model", raised(anthropic_client(ELSEWHERE), anthropic.PermissionDeniedError))
check("ollama", [ollama_status(key) for key in ("ok-unknown", READER, ELSEWHERE)] == [401, 403, 403])
