"""The official Python libraries against keys with limits. Prints "ok NAME" for each check that holds."""

import os
import time

import anthropic
import openai

URL = os.environ["SERVER_URL"]
QUESTION = [{"role": "user", "content": "Hi"}]


def check(name: str, holds: bool) -> None:
    if not holds:
        raise AssertionError(name)
    print("ok", name)


def openai_client() -> None:
    client = openai.OpenAI(base_url=f"{URL}/v1", api_key="ok-openai", max_retries=0)
    ask = lambda: client.chat.completions.with_raw_response.create(model="tiny", messages=QUESTION, max_tokens=1)
    check("openai headers", ask().headers["x-ratelimit-remaining-requests"] == "0")
    try:
        ask()
    except openai.RateLimitError as error:
        check("openai error", error.code == "rate_limit_exceeded" and error.status_code == 429)
        check("openai retry", 0 < int(error.response.headers["retry-after"]) <= 61)


def anthropic_client() -> None:
    client = anthropic.Anthropic(base_url=URL, api_key="ok-anthropic", max_retries=0)
    ask = lambda: client.messages.with_raw_response.create(model="tiny", messages=QUESTION, max_tokens=1)
    check("anthropic headers", ask().headers["anthropic-ratelimit-requests-remaining"] == "0")
    try:
        ask()
    except anthropic.RateLimitError as error:
        check("anthropic error", error.body["error"]["type"] == "rate_limit_error")
        check("anthropic retry", 0 < int(error.response.headers["retry-after"]) <= 61)
    # A client that comes back as it was told is served. Both libraries wait that long by themselves if it is not too long.
    time.sleep(int(error_wait(ask)))
    check("anthropic served after the wait", ask().status_code == 200)


def error_wait(ask) -> float:
    try:
        ask()
    except anthropic.RateLimitError as error:
        return float(error.response.headers["retry-after"])
    raise AssertionError("was not refused")


openai_client()
anthropic_client()
