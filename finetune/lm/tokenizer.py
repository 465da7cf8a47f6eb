"""The tokenizer of caizhi-lm-base: BPE over characters with bytes to fall back on, single digits, and whole reference codes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tools.local_model.prompt import vocabulary_of_codes

PAD, END, UNKNOWN = "<pad>", "<end>", "<unk>"
# One template for every message: the prompt brings its own form (tools.local_model.prompt); an answer is ended.
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% else %}{{ '\\n' }}{% endif %}{% endfor %}"
)


def train_tokenizer(texts: Iterable[str], folder: Path, size: int) -> int:
    """Train on the texts and write tokenizer.json and tokenizer_config.json; the number of tokens."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(r"[\s0-9A-Za-z]|[^\s0-9A-Za-z\p{Han}]"), "isolated")]
    )  # fmt: skip
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    bytes_ = [f"<0x{number:02X}>" for number in range(256)]
    codes = list(vocabulary_of_codes())
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(codes), special_tokens=[PAD, END, UNKNOWN, *bytes_], min_frequency=4, max_token_length=10, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens(codes)  # after training, which forgets what was added before
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast", "pad_token": PAD, "eos_token": END, "unk_token": UNKNOWN, "model_max_length": 2048,
        "padding_side": "left", "clean_up_tokenization_spaces": False, "chat_template": CHAT_TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return tokenizer.get_vocab_size()
