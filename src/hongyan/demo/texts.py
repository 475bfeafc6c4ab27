"""What the demonstration company wrote in its year, and what people answered."""

from __future__ import annotations

from dataclasses import dataclass

SIGNATURE = "云帆家电"


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of submission: who writes it, to whom, in which words, how often a month."""

    title: str
    category: str
    department: str
    audience: str
    """"staff", "customers" or "one"."""
    text: str
    per_month: float
    share_answering: float
    answers: tuple[str, ...] = ()


KINDS = (
    Kind("部门例会通知", "notice", "总经理办公室", "staff", "{姓名}您好，本周五下午2点在三楼会议室召开部门例会，请准时参加。收到请回复1，不能参加请回复2。", 4, 0.09,
         ("1", "1", "收到", "1", "2，周五出差", "收到，谢谢", "好的", "请问可以线上参加吗？")),
    Kind("安全培训通知", "notice", "生产制造部", "staff", "请各班组于本周三上午9点到培训室参加安全生产培训，带好工牌。收到请回复。", 1, 0.08,
         ("收到", "收到", "好的", "夜班也要参加吗？")),
    Kind("工资条发放提醒", "notice", "财务部", "staff", "{姓名}您好，本月工资条已发放，请登录员工平台查看，有疑问请联系财务部。", 1, 0.01, ("请问年终奖什么时候发？", "谢谢")),
    Kind("会员积分提醒", "notice", "会员组", "customers", "{姓名}{称呼}您好，您的会员积分为{积分}分，可在任一门店兑换礼品。如需帮助请回复本短信。", 1, 0.02,
         ("怎么兑换？", "谢谢", "积分什么时候到期", "深圳有门店吗？", "人工")),
    Kind("新品上市", "marketing", "品牌组", "customers", "{姓名}{称呼}，云帆新一代节能空调上市，会员到店立减500元，活动截至本月底。", 2, 0.025,
         ("R", "多少钱？", "R", "周末营业到几点", "能上门安装吗", "退订", "有优惠吗")),
    Kind("节日问候", "marketing", "会员组", "customers", "{姓名}{称呼}，云帆家电祝您阖家幸福，万事如意！感谢您一路相伴。", 0.6, 0.02, ("谢谢", "同乐", "R", "也祝你们生意兴隆")),
    Kind("维修预约确认", "notice", "维修组", "one", "{姓名}{称呼}您好，您预约的上门维修定于明天上午9点至12点，工程师会提前与您联系。改期请回复。", 7, 0.3,
         ("好的", "可以改到下午吗？", "收到", "改到周六吧", "麻烦提前半小时打电话")),
    Kind("订单发货通知", "notice", "华东大区", "one", "{姓名}{称呼}您好，您订购的{购买产品}已发货，预计三日内送达，请保持手机畅通。", 9, 0.12, ("好的谢谢", "到了放门卫", "什么时候能到？")),
    Kind("服务满意度回访", "interactive", "热线组", "customers", "{姓名}{称呼}您好，请为本次服务打分：回复1满意，2一般，3不满意。", 1, 0.11,
         ("1", "1", "1", "1", "2", "3", "1 师傅很专业", "3 等了两天才来")),
)  # fmt: skip

# Share of messages by outcome and code; what is left is delivered.
FAILURES: tuple[tuple[float, str, str], ...] = (
    (0.009, "failed", "MK:0001"),
    (0.007, "expired", "EXPIRED"),
    (0.006, "failed", "MK:0024"),
    (0.004, "failed", "MK:0005"),
    (0.003, "failed", "MI:0024"),
    (0.003, "failed", "UNDELIV"),
    (0.002, "failed", "DB:0141"),
    (0.001, "failed", "ID:0076"),
    (0.0008, "uncertain", "line_lost"),
)
