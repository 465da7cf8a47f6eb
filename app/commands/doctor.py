"""`caizhi doctor`: what is present, what is missing and what would enable it, where state lives, what the ledger holds."""

from __future__ import annotations

import json
import platform
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.invocation import Invocation
from data.errors import CaizhiError

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.settings import Settings

_MARKS = {"ok": "✓", "absent": "–", "failed": "✗"}


@dataclass(frozen=True, slots=True)
class Package:
    """A distribution and what it is for; without a required one the product does not run."""

    name: str
    purpose: str
    required: bool = True


PACKAGES = (
    Package("langgraph", "多步骤分析图"),
    Package("langgraph-checkpoint-sqlite", "会话存盘，重启后接着问"),
    Package("langchain-core", "语言模型与消息的接口"),
    Package("langchain", "开放问题的工具调用循环"),
    Package("langchain-openai", "接入 OpenAI 兼容的模型服务（GPT、DeepSeek、vLLM）"),
    Package("pydantic", "输入输出的校验"),
    Package("sqlalchemy", "数据账本"),
    Package("bm25s", "全文检索"),
    Package("faiss-cpu", "向量检索；没有时只按字词检索", required=False),
    Package("tokenizers", "向量模型与重排模型的分词", required=False),
    Package("safetensors", "向量模型的权重", required=False),
    Package("onnxruntime", "重排模型的推理", required=False),
    Package("numpy", "检索打分"),
    Package("pyyaml", "指标与银行目录"),
    Package("typer", "命令行"),
    Package("rich", "终端排版"),
    Package("prompt_toolkit", "对话的行编辑与历史"),
    Package("psycopg", "把账本放到 PostgreSQL（CAIZHI_DATABASE_URL=postgresql+psycopg://…）", required=False),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report. state: ok, absent (optional, and not there), failed (must be mended)."""

    section: str
    name: str
    state: str
    detail: str


def doctor(context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> int:
    """检查环境：有什么、缺什么、补上能做什么"""
    invocation = Invocation.of(context)
    checks = [*_environment(), *_packages(), *_guarded("状态", lambda: _settings(invocation.settings)), *_guarded("数据", _facts)]
    checks += _guarded("检索", lambda: _search(invocation.settings))
    checks += _guarded("账本与模型", lambda: _assistant(invocation))
    if as_json:
        print(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=2))
    else:
        _show(checks)
    return 1 if any(check.state == "failed" for check in checks) else 0


def _guarded(section: str, look: Callable[[], Iterator[Check]]) -> list[Check]:
    """The checks of a section up to what broke it, and that as a failed one."""
    found: list[Check] = []
    try:
        found.extend(look())
    except (CaizhiError, ImportError) as error:
        found.append(Check(section, type(error).__name__, "failed", " ".join(str(error).split())))
    return found


def _environment() -> Iterator[Check]:
    from app import __version__

    yield Check("环境", "caizhi", "ok", __version__)
    yield Check("环境", "Python", "ok", f"{platform.python_version()}，{platform.platform()}")


def _packages() -> Iterator[Check]:
    for package in PACKAGES:
        try:
            yield Check("组件", package.name, "ok", f"{version(package.name)}，{package.purpose}")
        except PackageNotFoundError:
            yield Check("组件", package.name, "failed" if package.required else "absent", f"未安装；装上可以：{package.purpose}")


def _settings(settings: Settings) -> Iterator[Check]:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    yield Check("状态", "目录", "ok", f"{settings.home.absolute()}（CAIZHI_HOME）")
    try:
        address = make_url(settings.ledger_url).render_as_string(hide_password=True)
        yield Check("状态", "账本", "ok", f"{address}（CAIZHI_DATABASE_URL）")
    except ArgumentError:
        yield Check("状态", "账本", "failed", "CAIZHI_DATABASE_URL 写法不对：应为 sqlite:///路径 或 postgresql://用户:密码@主机/库")


def _facts() -> Iterator[Check]:
    """What the bundled table gave, and each row left out with its reason (the header is line 1)."""
    from data.banks import bank_registry
    from data.facts_table import BUNDLED, load_facts
    from data.indicators import indicator_catalogue
    from data.knowledge_base import knowledge_entries

    report = load_facts()
    reasons = defaultdict[str, list[int]](list)
    for row in report.left_out:
        reasons[row.reason].append(row.line)
    counts = f"{len(indicator_catalogue())} 个指标，{len(bank_registry())} 家银行，{len(knowledge_entries())} 条知识"
    yield Check("数据", "目录", "ok", counts)
    yield Check("数据", BUNDLED.name, "ok", f"收录 {len(report.figures)} 行，未收录 {len(report.left_out)} 行，版本 {report.sha256[:12]}")
    for reason, lines in reasons.items():
        yield Check("数据", "未收录", "absent", f"{len(lines)} 行：{reason}（第 {'、'.join(map(str, lines[:8]))}{'…' if len(lines) > 8 else ''} 行）")


def _search(settings: Settings) -> Iterator[Check]:
    """The documents that are searched, and the two models that are not needed but help."""
    from retrieval.bert_reranker import reranker
    from retrieval.library import Library
    from retrieval.search.embeddings import embedder
    from retrieval.search.expansion import read_words

    with Library.open(settings.ledger_url) as library:
        for held in library.collections():
            unfinished = sum(not record.done for record in library.documents([held.name]))
            detail = f"{held.documents} 个文件，{held.pages} 页，{held.chunks} 个段落" + (f"，{unfinished} 个没有导入完" if unfinished else "")
            yield Check("检索", held.name, "ok", detail)
    yield Check("检索", "同义说法", "ok", f"{sum(len(entry['keys']) for entry in read_words())} 条，另加指标目录的别名")
    vectors = embedder(settings.embedding)
    if vectors is None:
        yield Check("检索", "向量模型", "absent", "没有；只按字词检索。可用 CAIZHI_EMBEDDING 指定模型的文件夹或名称（如 BAAI/bge-small-zh-v1.5）")
    else:
        yield Check("检索", "向量模型", "ok", f"{vectors.name}（CAIZHI_EMBEDDING）")
    if reranker(settings.reranker) is None:
        yield Check("检索", "重排模型", "absent", "没有；用首轮检索的次序。可用 CAIZHI_RERANKER 指定交叉编码器（如 BAAI/bge-reranker-base）")
    else:
        yield Check("检索", "重排模型", "ok", f"{settings.reranker or '内置'}（CAIZHI_RERANKER）")


def _assistant(invocation: Invocation) -> Iterator[Check]:
    with invocation.assistant() as assistant:
        yield from _ledger(assistant)
        yield from _models(assistant)


def _ledger(assistant: Assistant) -> Iterator[Check]:
    from data.ports import FigureQuery

    for held in assistant.store.collections():
        indicators = len(assistant.store.indicators_of(FigureQuery(collections=[held.name])))
        detail = f"{held.figures} 个数据，{len(held.entity_ids)} 家机构，{indicators} 个指标，{held.documents} 个来源，{held.first} 至 {held.last}"
        yield Check("账本", held.name, "ok", detail)


def _models(assistant: Assistant) -> Iterator[Check]:
    statuses = assistant.models.status()
    for status in statuses:
        resting = status.breaker == "open"
        detail = f"{status.model}，{'本机' if status.local else '远程'}，{'已加载' if status.loaded else '用到时加载'}"
        yield Check("模型", status.role, "failed" if resting else "ok", detail + ("，连续失败，暂停使用" if resting else ""))
    if not statuses:
        yield Check("模型", "未配置", "absent", "答案由模板撰写；设置 CAIZHI_GENERAL_MODEL 和 CAIZHI_GENERAL_API_KEY（或 _BASE_URL）可由模型撰写")


def _show(checks: list[Check]) -> None:
    section = ""
    for check in checks:
        if check.section != section:
            section = check.section
            print(f"\n{section}")
        print(f"  {_MARKS[check.state]} {check.name}  {check.detail}")
