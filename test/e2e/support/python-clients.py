"""The official Python clients against a running server; prints one line per check that holds."""

import os

import ollama
import openai
from pydantic import BaseModel

URL = os.environ["SERVER_URL"]
QUESTION = [{"role": "user", "content": "What is the capital of France?"}]


class Place(BaseModel):
    city: str


def get_weather(city: str) -> str:
    """The weather of a city.

    Args:
        city: its name
    """
    return f"sunny in {city}"


def check(name: str, holds: bool) -> None:
    if not holds:
        raise AssertionError(name)
    print("ok", name)


def ollama_client() -> None:
    client = ollama.Client(host=URL)
    check("list", [model.model for model in client.list().models] == ["smol:latest"])
    check("show", "tools" in (client.show("smol").capabilities or []))
    reply = client.chat("smol", messages=QUESTION, think=False)
    check("chat", "Paris" in (reply.message.content or ""))
    pieces = [part.message.content or "" for part in client.chat("smol", messages=QUESTION, think=False, stream=True)]
    check("chat streamed", "".join(pieces) == reply.message.content)
    check("chat with tools", client.chat("smol", messages=QUESTION, tools=[get_weather], think=False).done is True)
    structured = client.chat("smol", messages=QUESTION, format=Place.model_json_schema(), think=False)
    check("chat with a schema", Place.model_validate_json(structured.message.content or "").city != "")
    check("generate", client.generate("smol", "1, 2, 3,", raw=True, options={"num_predict": 3}).response != "")
    check("ps", [model.model for model in client.ps().models] == ["smol:latest"])
    try:
        client.chat("absent", messages=QUESTION)
    except ollama.ResponseError as error:
        check("a missing model", error.status_code == 404)


def openai_client() -> None:
    client = openai.OpenAI(base_url=f"{URL}/v1", api_key="ollama", max_retries=0)
    common = {"model": "smol", "temperature": 0, "reasoning_effort": "none"}
    reply = client.chat.completions.create(messages=QUESTION, **common)
    text = reply.choices[0].message.content or ""
    check("completion", "Paris" in text)
    chunks = list(client.chat.completions.create(messages=QUESTION, stream=True, **common))
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    check("completion streamed", streamed == text)
    parsed = client.chat.completions.parse(messages=QUESTION, response_format=Place, **common)
    check("completion parsed", isinstance(parsed.choices[0].message.parsed, Place))
    response = client.responses.create(model="smol", input="Hi", reasoning={"effort": "none"}, max_output_tokens=8)
    check("response", response.output_text != "")
    check("models", [model.id for model in client.models.list()] == ["smol:latest"])
    try:
        client.chat.completions.create(model="absent", messages=QUESTION)
    except openai.NotFoundError as error:
        check("a missing model for openai", error.type == "not_found_error")


ollama_client()
openai_client()
