"""Makes the tiny vocabularies that all cases share. Run once: the files are committed, and every case depends on them.

Usage: python make_tokenizers.py TEXT_FILE...    (some 100 KB of any text)
"""

import json
import pathlib
import sys
import tempfile

import sentencepiece
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

FOLDER = pathlib.Path(__file__).parent.parent.parent / "test/fixtures/import/tokenizers"
# Leaves room for added tokens below the 384 rows of the embeddings.
PIECES = 360
PLACES_OF_GEMMA = {"pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3, "eos_piece": "<eos>", "bos_piece": "<bos>"}


def byte_pair(texts: list[str]) -> dict:
    """Only the model: what is around it differs from family to family (byte-pair-families.json)."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=PIECES, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return json.loads(tokenizer.to_str())["model"]


def sentence_piece(texts: list[str], target: pathlib.Path, **settings) -> None:
    """Without normalization, whose character map would take 240 KB."""
    with tempfile.TemporaryDirectory() as work:
        path = pathlib.Path(work) / "texts"
        path.write_text("\n".join(texts))
        sentencepiece.SentencePieceTrainer.Train(
            input=str(path),
            model_prefix=f"{work}/made",
            model_type="bpe",
            vocab_size=PIECES,
            byte_fallback=True,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            split_digits=True,
            user_defined_symbols=["<mark>"],
            minloglevel=2,
            **settings,
        )
        target.write_bytes((pathlib.Path(work) / "made.model").read_bytes())


def saved(tokenizer) -> dict:
    """The tokenizer.json that transformers makes of a SentencePiece model."""
    with tempfile.TemporaryDirectory() as work:
        tokenizer.save_pretrained(work)
        return json.loads((pathlib.Path(work) / "tokenizer.json").read_text())


def word_piece(texts: list[str]) -> dict:
    tokenizer = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=PIECES, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator([text for text in texts if text.isascii()], trainer)
    ids = {text: tokenizer.token_to_id(text) for text in special}
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])],
    )
    return json.loads(tokenizer.to_str())


def write(name: str, content: dict) -> None:
    (FOLDER / name).write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")


def main() -> None:
    from transformers import GemmaTokenizerFast, LlamaTokenizerFast

    texts = [line for name in sys.argv[1:] for line in pathlib.Path(name).read_text().splitlines() if line]
    FOLDER.mkdir(parents=True, exist_ok=True)
    write("byte-pair.json", byte_pair(texts))
    llama = FOLDER / "sentence-piece.model"
    sentence_piece(texts, llama)
    write("sentence-piece.json", saved(LlamaTokenizerFast(vocab_file=str(llama), legacy=True, add_prefix_space=True)))
    gemma = FOLDER / "sentence-piece-of-gemma.model"
    sentence_piece(texts, gemma, add_dummy_prefix=False, **PLACES_OF_GEMMA)
    write("sentence-piece-of-gemma.json", saved(GemmaTokenizerFast(vocab_file=str(gemma))))
    write("word-piece.json", word_piece(texts))


if __name__ == "__main__":
    main()
