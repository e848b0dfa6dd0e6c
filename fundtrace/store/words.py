"""The words for what is found in a store, in Chinese and English, for whoever is on call."""

from __future__ import annotations

from collections.abc import Mapping

from fundtrace.report.words import Lang, Words
from fundtrace.store.findings import Fault

FAULTS: Mapping[Fault, Words] = {
    Fault.DATABASE: Words(
        "数据库自检失败或读不出", "the database's own check fails or cannot read"
    ),
    Fault.LOG: Words(
        "日志的根与其条目不符", "the log's root is not the one that its entries lead to"
    ),
    Fault.ENTRY: Words(
        "条目被改动，与默克尔树中的哈希不符",
        "the entry was changed: the tree has another hash of it",
    ),
    Fault.ENTRY_OR_TILE: Words(
        "条目与瓦片不符，无法判断哪一个被改动",
        "entry and tile contradict each other; nothing here decides which was changed",
    ),
    Fault.ENTRY_MISSING: Words("条目缺失", "missing"),
    Fault.ENTRY_UNREADABLE: Words(
        "条目字节无误，但读不懂", "its bytes are right, but this program cannot read it"
    ),
    Fault.TILE: Words("瓦片被改动", "the tile was changed"),
    Fault.TILE_MISSING: Words("瓦片缺失", "the tile is missing"),
    Fault.ROOT: Words(
        "已承诺的根与条目不符", "the root that was promised is not the one of the entries"
    ),
    Fault.ROOT_UNCHECKED: Words(
        "因缺少条目，根无法核对", "its root cannot be checked, since entries are missing"
    ),
    Fault.HEAD: Words("签名的日志头与记录不符", "the signed head is not the one of its row"),
    Fault.SIGNATURE: Words("签名无法验证", "the signature does not verify"),
    Fault.FINAL: Words("终局检查点与记录不符", "the final checkpoint is not the one of its row"),
    Fault.MIRROR: Words(
        "镜像状态损坏或与条目不符", "the mirror's state is damaged or not the log's"
    ),
    Fault.COSIGNATURE: Words("联署行损坏", "the cosignature line is damaged"),
    Fault.FORK: Words("分叉证据损坏", "the evidence of a fork is damaged"),
    Fault.BODY: Words("密文正文与其哈希不符", "the body does not have its hash"),
    Fault.BODY_MISSING: Words(
        "密文正文没有登记", "the entry has a body, but no row is kept for it"
    ),
    Fault.ERASURE: Words(
        "正文已删除，但没有对应的删除条目", "the body was erased, but no entry ordered that"
    ),
    Fault.STREAM: Words(
        "记录未接上本流的前一条", "the record does not follow the last one of its stream"
    ),
    Fault.STREAM_END: Words(
        "登记的流末尾与最后一条记录不符", "the kept end of the stream is not its last record"
    ),
    Fault.RECORD: Words("记录编号指向不存在的条目", "the record id points to no entry"),
    Fault.DANGLING: Words("多余的行", "a row that belongs to nothing"),
}

CLEAN = Words("未发现问题", "no problems found")
PROBLEMS = Words("发现 {count} 处问题", "{count} problems found")
CHECKED = Words(
    "已核对：日志 {logs} 个，条目 {entries} 条，瓦片 {tiles} 块，正文 {bodies} 份，日志头 {heads} 个，"
    "签名 {signatures} 个，流 {streams} 条",
    "checked: {logs} logs, {entries} entries, {tiles} tiles, {bodies} bodies, {heads} heads, "
    "{signatures} signatures, {streams} streams",
)
UNVERIFIED = Words(
    "以下日志未给公钥（--key），签名没有验证：{origins}",
    "no key was given (--key) for these logs, so no signature of theirs was verified: {origins}",
)
MORE = Words(
    "……另有 {count} 处未列出（--max-findings 0 全部列出）",
    "... and {count} more; --max-findings 0 lists all",
)
ADVICE = Words(
    "怎么办：停止节点；先复制一份数据库原样保存；再按 docs/store.md“Damage”一节，从其他成员取回受损条目。",
    "what to do: stop the node; keep a copy of the database as it is; then get what is damaged "
    "back from other members (docs/store.md, Damage).",
)

DATABASE = Words("数据库", "Database")
SCHEMA = Words("表结构版本", "Schema")
IDENTITY = Words("标识", "Identity")
WRITER = Words("写入方", "Writer")
WRITER_IS = Words("第 {term} 任：{holder}", "{holder}, in term {term}")
WRITER_NONE = Words("尚无", "none yet")
KEPT_PROMISES = Words("承诺数", "Promises")
SIZE = Words("占用", "Size")
STANDING = Words("状态", "Standing")
MAY_SIGN = Words("在原处，可以签名", "where it was; it may sign")
MAY_NOT_SIGN = Words(
    "视为从备份恢复，不再签名：{why}", "counts as restored, and signs nothing: {why}"
)
UNSAFE = Words(
    "服务器关闭了 {settings}：崩溃可能丢失已确认的数据，请打开",
    "the server has {settings} switched off: a crash can lose what was acknowledged; switch on",
)
NO_LOGS = Words("没有日志", "no logs")
OWN = Words("本行", "own")
MIRRORED = Words("镜像", "mirrored")
LOG_LINE = Words(
    "{kind} {origin}：{size} 条，承诺至 {promised}，已签至 {signed}，终局至 {final}，缺正文 {missing}",
    "{kind} {origin}: {size} entries, promised {promised}, signed {signed}, final {final}, "
    "bodies missing {missing}",
)
UPGRADED = Words("表结构由 {before} 升级到 {after}", "schema upgraded from {before} to {after}")
UP_TO_DATE = Words("表结构已是最新：{after}", "the schema is the newest: {after}")
CREATED = Words("已建立 {label}，标识 {identity}", "created {label}, identity {identity}")


def say(words: Words, lang: str, **values: object) -> str:
    """Return a text in a language, its braces filled with ``values``."""
    return (words.zh if lang == Lang.ZH else words.en).format(**values)
