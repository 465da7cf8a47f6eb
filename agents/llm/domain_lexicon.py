"""The words that speak for or against a question about banks' financial reports, with their weights.

Weights are evidence, added up per question; routing.THRESHOLD is where a question counts as financial.
Longer words are read first and use up their characters: 银行家舍入 leaves no 银行 behind. Tuned on the tune
split of tests/benchmarks/domain_questions.jsonl only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CueGroup:
    """Words of one kind and weight. Latin words match as whole words, in any case."""

    kind: str
    weight: float
    words: tuple[str, ...]


CATALOGUE_INDICATOR_WEIGHT = 2.0
CATALOGUE_BANK_WEIGHT = 1.0


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CUES: tuple[CueGroup, ...] = (
    CueGroup("指标", 2.0, _words(
        "不良 不良率 拨备 拨贷比 息差 净息差 利差 净利差 核充 资本充足 杠杆率 存贷比 成本收入比 净利润 归母净利 "
        "非息 中收 利息净收入 利息收入 利息支出 手续费收入 营收 营业收入 拨备前利润 生息资产 付息负债 计息负债 "
        "风险加权资产 净资产收益率 总资产收益率 每股收益 每股净资产 资产质量 资产负债表 利润表 现金流量表 现金流 "
        "关注类 次级类 可疑类 损失类 五级分类 迁徙率 逾期贷款 逾期率 逾期90天 核销 坏账 信用成本 信用减值 "
        "减值损失 资产减值 业务及管理费 表外 净稳定资金 流动性覆盖 流动性比例 流动比率 速动比率 资产负债率 "
        "权益乘数 资产周转率 净利率 毛利率 市净率 市盈率 股息率 分红 派息 派现 扩表 缩表 杜邦 负债成本 存款成本 "
        "贷款收益率 存款活期化 活期率 活期存款 定期存款占比 零售贷款 对公贷款 公司贷款 个人贷款 同业负债 债券投资 "
        "贷款余额 存款余额 贷款总额 存款总额 总资产 净资产 总负债 股东权益 资本补充 二级资本 永续债 大额风险暴露 "
        "集中度 生成率 覆盖率 费用率 盈利能力 盈利 业绩 财报 年报 半年报 季报 中报 三季报 一季报 业绩快报 "
        "审计意见 附注 集团口径 本行口径 监管红线 监管指标 房地产贷款 地产敞口 城投 普惠贷款 绿色贷款 制造业贷款 "
        "AUM 财富管理收入 NIM NIS NII ROE ROA ROAE ROAA RORWA NPL CET1 CAR LCR NSFR RWA EPS BVPS LDR CIR PB PE "
        "CAGR LPR"
    )),
    CueGroup("金融", 1.0, _words(
        "银行 信贷 利润 逾期 营业 收入 资本 资产 负债 权益 股份行 城商行 农商行 国有大行 大行 六大行 四大行 "
        "上市行 上市银行 同业 零售 对公 按揭 票据 托管 手续费 佣金 减值 计提 准备金 准备 监管 央行 金监局 巴塞尔 "
        "股东 口径 财务 会计准则 IFRS 债券 估值 吃紧 吃力 信用风险 流动性风险 市场风险 经营 股价 银监 资管 "
        "不良资产 融资 授信 敞口"
    )),
    CueGroup("存贷", 0.7, _words(
        "贷款 存款 利率 利息 理财 股票 信用卡"
    )),
    CueGroup("变化", 0.8, _words(
        "同比 环比 增速 增幅 降幅 增长率 较上年末 较年初 百分点 个百分点 bp 基点 占比 比重 余额 规模 走势 趋势 "
        "季度 前三季度 上半年 下半年 年度 单季 累计 H1 H2 Q1 Q2 Q3 Q4 排名 拆解 分解 驱动 拖累 贡献 公式 亿元 "
        "万亿 百万元 盈亏"
    )),
    CueGroup("问法", 0.6, _words(
        "赚了 赚 亏了 亏 恶化 改善 跌破 够不够 稳住 厚 报告 分析 对比 比较 归因 解读 评价 多少 怎么算 怎么看 "
        "说明什么 意味着什么 下降 上升 涨 掉 撑 去年 今年 近三年 近五年 指标 风险 区别"
    )),
    CueGroup("零售客服", -2.5, _words(
        "银行卡 储蓄卡 挂失 补办 密码 网点 开门 关门 几点 营业时间 转账 汇款 ATM 吞卡 取款机 取钱 开户 销户 "
        "手机银行 网银 登录 验证码 年费 激活 客服 电话 预约 排队 办卡 办理 申请 额度 积分 还款日 账单 提额 冻结 "
        "解冻 盗刷 诈骗 短信 U盾 换外币 换汇 停车 公积金 分期 白条 花呗 支付宝 微信 信用卡年费 房贷怎么还 "
        "提前还贷 征信报告 流水账单 月供 划算 存一万 存十万 年化 定投 买基金 炒股 彩票"
    )),
    CueGroup("个人口吻", -1.2, _words(
        "我的 我想 我家 我妈 我爸 我朋友 怎么办 哪里办 去哪办"
    )),
    CueGroup("求职生活", -2.5, _words(
        "面试 简历 职位 岗位 校招 笔试 薪水 加班 保安 柜员 穿什么 上班 累不累 实习 考证 辞职"
    )),
    CueGroup("同形异义", -3.0, _words(
        "银行家舍入 银行家算法 血液银行 精子银行 种子银行 基因银行 骨髓银行 时间银行 食物银行 河岸 河床 血糖 血压 "
        "血脂 血库 题库 存钱罐 银行劫案 抢银行 空气质量 KPI 体检 转氨酶 风险偏好实验 健康指标 身体指标 气象 "
        "资产阶级 测试覆盖率 网络覆盖率 植被覆盖率 森林覆盖率 不良少年 不良反应 不良习惯 不良情绪 情绪价值 "
        "精神内耗"
    )),
    CueGroup("天气自然", -2.5, _words(
        "天气 下雨 暴雨 台风 大风 气温 降雨 地震 雾霾 下雪 洪水 月球 太阳 黄河 长江 光合作用 恐龙 宇宙 植物 动物 "
        "猫 狗 猫咪 狗狗"
    )),
    CueGroup("饮食健康", -2.5, _words(
        "红烧肉 菜谱 做菜 炒 炖 煮 吃 火锅 蛋糕 减肥 跑步 膝盖 发烧 感冒 医院 医生 药 疫苗 头疼 呕吐 怀孕 宝宝 "
        "孩子 手术 过敏 健身 睡眠 失眠"
    )),
    CueGroup("代码", -2.5, _words(
        "代码 编程 Python Java JavaScript React Vue SQL Excel Linux Docker Git 函数 算法 排序 正则 报错 数据库 "
        "前端 后端 爬虫 useEffect bug 安卓 苹果手机 电脑 内存 路由器 WiFi 软件"
    )),
    CueGroup("文艺娱乐", -2.5, _words(
        "诗 诗歌 小说 电影 电视剧 歌 歌词 歌曲 音乐 红楼梦 三国演义 西游记 水浒传 演员 明星 游戏 通关 作文 故事 "
        "笑话 漫画 动漫 绘画 意境 性格 人物形象 散文 成语 台词 题材 综艺"
    )),
    CueGroup("体育旅行", -2.5, _words(
        "足球 篮球 球队 世界杯 奥运 输球 赢了吗 比赛 滑雪 露营 旅游 旅行 攻略 高铁 机票 酒店 签证 景点 航班 地铁 "
        "自驾"
    )),
    CueGroup("其他", -2.5, _words(
        "翻译 英语 考研 高考 语法 单词 祝福 生日 女朋友 男朋友 恋爱 婚礼 装修 起名 名字 你是谁 你好 你能做什么 "
        "能做什么 谢谢 心理学 哲学 朝代 快递 搬家 租房 买房 买车 驾照 手机 衣服 礼物 星座 八字 做梦 自行车"
    )),
)  # fmt: skip
