"""A tiny random Qwen3 with a tokenizer of single characters: the mechanics of training and serving in seconds."""

from __future__ import annotations

from pathlib import Path

BOS, EOS, PAD, UNKNOWN = "<|bos|>", "<|eos|>", "<|pad|>", "<|unk|>"
REFERENCES = tuple(f"{{f{number}}}" for number in range(1, 13))
_SPECIAL = (PAD, UNKNOWN, BOS, EOS, "<|system|>", "<|user|>", "<|assistant|>")
_ASCII = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ +-*/%=()[]{}.,:;'\"→\n_|#<>?!&×÷"
_CHINESE = (
    "年末月日季度上下半个百分点亿万元千是为的了在和与较比同期增长降低幅变动计算公式结果单位答问题根据报告银行中国工商建设农业邮政储蓄招商交通兴业"
    "净利润息差资本充足率不良贷款拨备覆盖收入成本费用存总资产负债权益股东每乘数周转倍，。、；：？！（）【】《》“”请如下已知给出分析方法步骤先再"
    "得到即占由于本行集团口径平均余额加减除以等最终说明数据提供示例指标合并"
)
_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}<|assistant|>{% generation %}{{ (message['content'] or '') + '<|eos|>' }}{% endgeneration %}"
    "{% else %}{{ '<|' + message['role'] + '|>' + (message['content'] or '') }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def make_small_lm(folder: Path, seed: int = 0) -> Path:
    """Write model and tokenizer to the folder (made if missing) as Qwen3ForCausalLM; the folder.

    hidden 32, 2 layers, 4 heads over 2 key-value heads, tied embeddings, float32, 2,048 positions; weights drawn by the seed.
    Characters outside the vocabulary read as one unknown token.
    """
    import torch
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

    vocabulary = list(dict.fromkeys([*_SPECIAL, *REFERENCES, *_ASCII, *_CHINESE]))
    core = Tokenizer(models.WordLevel({token: number for number, token in enumerate(vocabulary)}, unk_token=UNKNOWN))
    core.pre_tokenizer = pre_tokenizers.Split(Regex(r"\{f\d+\}|[\s\S]"), "isolated")
    core.decoder = decoders.Fuse()
    core.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in _SPECIAL])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token=BOS, eos_token=EOS, pad_token=PAD, unk_token=UNKNOWN, model_max_length=2048
    )
    tokenizer.chat_template = _TEMPLATE
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(folder)
    config = Qwen3Config(
        vocab_size=len(vocabulary), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=8,
        max_position_embeddings=2048, tie_word_embeddings=True, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    model = Qwen3ForCausalLM(config)
    torch.random.set_rng_state(state)
    model.save_pretrained(folder)
    return folder
