"""Who answered a submission and what they said: a roll call by words, which people may change.

An answer to a resend or a reminder answers the submission that it repeats. Of a person's answers the latest counts that
says one of the groups ("1", then "谢谢": still taking part). A code with a remark behind it ("2，周五出差") is that code, unless the
remark says another group. What is a question, or says the word and denies it, is left to
a person: it stands among the other answers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.mailbox.models import Reply
from hongyan.messaging.models import Submission

MOST_GROUPS = 8
MOST_WORDS = 40
OTHER = -1
"""The place of answers that say none of the groups."""


@dataclass(frozen=True, slots=True)
class Group:
    """Answers that mean the same: one of its words says it."""

    name: str
    words: tuple[str, ...]


@dataclass(slots=True)
class Answers:
    """What one person said."""

    place: int = OTHER
    """Of the group, in the order of the groups."""
    said: list[tuple[datetime, str, int]] = field(default_factory=list)
    """When, what and the reply's id, oldest first; what was deleted from the mailbox is not told."""
    at: datetime | None = None
    """Of the latest."""


@dataclass(slots=True)
class RollCall:
    groups: list[Group]
    answers: dict[str, Answers]
    """By number."""
    people: int
    silent: int
    """Got it, or may have, and have not answered."""
    unreached: int
    """Did not get it, and have not answered."""

    def count(self, place: int) -> int:
        return sum(one.place == place for one in self.answers.values())


def default_groups() -> list[Group]:
    return [
        Group(
            _("Taking part or received"),
            ("1", "参加", "參加", "出席", "到场", "准时到", "收到", "好", "好的", "可以", "同意", "是", "知道了", "已阅", "确认", "yes", "y", "ok"),
        ),
        Group(
            _("Not taking part"),
            ("2", "不参加", "不參加", "不出席", "不能参加", "不能出席", "无法参加", "无法出席", "参加不了", "不能来", "不能去", "不去", "去不了", "不来", "来不了", "请假",
             "缺席", "不同意", "不可以", "不好", "否", "不是", "no", "n"),
        ),
    ]  # fmt: skip


def groups_of(submission: Submission) -> list[Group]:
    """The submission's own groups; else the answers that its text offers, or what most notices ask."""
    if submission.answer_groups is None:
        return offered(submission.text) or default_groups()
    return [Group(one["name"], tuple(one["words"])) for one in submission.answer_groups]


_BEHIND = re.compile(r"([\u4e00-\u9fff]{1,8}?)的?(?:请|就)?(?:回复?|发送?|输入|按|选)\s*([1-9a-z])(?![0-9a-z])")
_BEFORE = re.compile(r"(?<![0-9a-z])([1-9a-z])[ 、.:=-]*(?:代表|表示|为|是)?([\u4e00-\u9fff]{1,8})")
_OPT_OUT = ("退订", "退訂", "拒收", "取消")


def offered(text: str) -> list[Group]:
    """The answers that a text offers: "回复1满意，2一般，3不满意", "收到请回复1，不能参加请回复2"; empty for fewer than two."""
    plain = _folded(text)
    behind = [(name, key) for name, key in _BEHIND.findall(plain)]
    begins = re.search(r"回复|回(?=[1-9a-z])|选择|输入", plain)
    before = [(name, key) for key, name in _BEFORE.findall(plain[begins.start() :])] if begins else []
    for pairs in (behind, before):
        named = {key: name for name, key in pairs if not any(word in name for word in _OPT_OUT)}
        if len(named) > 1 and len(set(named.values())) == len(named):
            return _with_usual_words([Group(name, (key, name)) for key, name in sorted(named.items())][:MOST_GROUPS])
    return []


def _with_usual_words(groups: list[Group]) -> list[Group]:
    """Where one group says yes and another no, people say so in the usual words too: "请假" where 2 was asked for."""
    usual = default_groups()
    places = [place_of(one.name, usual) for one in groups]
    if any(places.count(place) != 1 for place in range(len(usual))):
        return groups
    return [
        one
        if place == OTHER
        else Group(one.name, (*one.words, *(word for word in usual[place].words if not word.isascii())))
        for one, place in zip(groups, places, strict=True)
    ]


def read_groups(names: Sequence[str], words: Sequence[str]) -> list[Group]:
    """Groups as a person typed them, words parted by spaces or commas. Raises Refused."""
    found: list[Group] = []
    taken: dict[str, str] = {}
    for named, said in zip(names, words, strict=False):
        name = named.strip()[:40]
        several = [folded for word in re.split(r"[\s,，、;；/]+", said) if (folded := _folded(word))]
        if not name and not several:
            continue
        if not name or not several:
            raise Refused("incomplete_group", _("Each group needs a name and at least one word."))
        for word in several:
            if taken.setdefault(word, name) != name:
                raise Refused("word_twice", _("“%(word)s” cannot stand for two groups.") % {"word": word})
        found.append(Group(name, tuple(dict.fromkeys(several))))
    if not found:
        raise Refused("no_group", _("At least one group is needed."))
    if len(found) > MOST_GROUPS or any(len(one.words) > MOST_WORDS for one in found):
        raise Refused(
            "too_many_groups",
            _("At most %(groups)d groups of %(words)d words each.") % {"groups": MOST_GROUPS, "words": MOST_WORDS},
        )
    return found


@transaction.atomic
def set_groups(user: User, submission: Submission, groups: list[Group] | None) -> None:
    """Sort this submission's answers by these groups, for whoever looks; None: by the usual ones."""
    kept = [{"name": one.name, "words": list(one.words)} for one in groups] if groups else None
    Submission.objects.filter(pk=submission.pk).update(answer_groups=kept)
    submission.answer_groups = kept
    audit.record(user, "submission.groups_changed", submission)


_MARKS = re.compile(r"[\s,.!;:~、。，！；：…～\"'“”‘’()\[\]【】<>《》-]+")
_LEAD = re.compile(r"^(?:回复|答复|回|答|选择|选|我选|编号|选项)+(?=\d|[a-z]$)")
_QUESTION = re.compile(r"\?|吗$|呢$|嘛$|吗\b|^(?:几|什么|怎么|哪|谁|多少|是否)|(?:还是|是不是|能不能|可不可以)")
_DENIES = re.compile(r"(?:不|没|沒|未|无|無|别|非|莫|难以|not|n't|cannot|never)[有能会能够法要想打算 ]*$")
# "2，周五出差": a code, a mark, and then a remark; "1:30到", "1、2都行" and "3.5元" begin with no code.
_CODE = re.compile(
    r"(?:(?:回复|答复|回|答|选择|选|我选|编号|选项)+\s*)?(\d+|[a-z])\s*[,.;:!、。…~()\[\]【】-]+\s*(?=[^\W\d])"
)
_MEASURE = "点點个個号號日月天时時分人位名小秒周年岁歲元块次层樓楼室厅班度成.:%"
_ALONE = re.compile(rf"(?<![0-9a-z])([0-9]+|[a-z])(?![0-9a-z]|[{_MEASURE}])")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:500]).casefold().strip()


def place_of(text: str, groups: Sequence[Group]) -> int:
    """Which group a text says, the longest word first; OTHER where none, or where two say as much."""
    plain = _folded(text)
    if _QUESTION.search(plain):
        return OTHER
    coded = _CODE.match(plain)
    place = _group_of(coded[1], groups) if coded else OTHER
    if not coded or place == OTHER:
        said = _said(_core(plain), groups)
        return said.pop() if len(said) == 1 else OTHER
    remark = plain[coded.end() :]
    contradicts = _said(_core(remark), groups) - {place} or any(
        _group_of(code, groups) not in (OTHER, place) for code in _ALONE.findall(remark)
    )
    return OTHER if contradicts else place


def _core(plain: str) -> str:
    return _LEAD.sub("", _MARKS.sub(" ", plain).strip())


def _group_of(code: str, groups: Sequence[Group]) -> int:
    """Whose word is exactly this."""
    return next((at for at, one in enumerate(groups) if any(_folded(word) == code for word in one.words)), OTHER)


def _said(core: str, groups: Sequence[Group]) -> set[int]:
    """The groups that say the longest word that is said."""
    found = {
        (len(word), place) for place, group in enumerate(groups) for word in group.words if _says(core, _folded(word))
    }
    longest = max((length for length, _place in found), default=0)
    return {place for length, place in found if length == longest}


def _says(core: str, word: str) -> bool:
    if core == word:
        return True
    if word.isdigit():
        # "1 张三" and "1张三" say 1; "1点到", "10" and "1或2" do not.
        rest = core.removeprefix(word)
        return rest != core and not any(char.isdigit() for char in rest) and rest.lstrip()[:1] not in _MEASURE
    if word.isascii():
        at = [match.start() for match in re.finditer(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", core)]
        return len(word) > 1 and any(not _DENIES.search(core[:start]) for start in at)
    if len(word) == 1:
        # "好" begins an answer; inside one it may be anything.
        return core.startswith(word) and core[1:2] in ("", " ", "的", "呀", "啊", "哒", "嘞", "了")
    start = core.find(word)
    while start >= 0:
        if not _DENIES.search(core[:start]):
            return True
        start = core.find(word, start + 1)
    return False


FAMILY = """
with recursive family as (
    select id from messaging_submission where id = %s
    union select s.id from messaging_submission s join family f on s.resend_of_id = f.id or s.reminds_id = f.id
    where s.state <> 'draft'
) select id from family
"""

SAID = """
select number, received_at, text, id, hidden_at is not null from mailbox_reply
where submission_id = any(%s) order by received_at, id
"""

PEOPLE = """
with people as (
    select number, bool_or(state in ('delivered', 'submitted', 'uncertain')) as got
    from dispatch_message where submission_id = %s group by 1
), answered as (select distinct number from mailbox_reply where submission_id = any(%s))
select count(*), count(*) filter (where a.number is null and got), count(*) filter (where a.number is null and not got)
from people left join answered a using (number)
"""

# By the first message of each person, so that a page can go on behind the last one.
WITHOUT = """
select min(m.id) from dispatch_message m where m.submission_id = %(submission)s
  and not exists (select 1 from mailbox_reply r where r.number = m.number and r.submission_id = any(%(family)s))
group by m.number having bool_or(m.state in ('delivered', 'submitted', 'uncertain')) = %(got)s and min(m.id) > %(after)s
order by 1 limit %(most)s
"""

ANSWERED = """
select distinct number from mailbox_reply where submission_id = any(%s) and number = any(%s)
"""


def family(submission_id: int) -> list[int]:
    """The submission with its resends and reminders, and theirs."""
    with connection.cursor() as cursor:
        cursor.execute(FAMILY, [submission_id])
        return [row[0] for row in cursor.fetchall()]


def call(submission: Submission) -> RollCall:
    """Three statements; the work grows with the answers, and with the people by one count."""
    related, groups = family(submission.pk), groups_of(submission)
    answers: dict[str, Answers] = {}
    with connection.cursor() as cursor:
        cursor.execute(SAID, [related])
        for number, at, text, reply_id, is_hidden in cursor:
            one = answers.setdefault(number, Answers())
            one.at = at
            if not is_hidden:
                one.said.append((at, text, reply_id))
                place = place_of(text, groups)
                one.place = place if place != OTHER else one.place
        cursor.execute(PEOPLE, [submission.pk, related])
        people, silent, unreached = cursor.fetchone()
    return RollCall(groups, answers, people, silent, unreached)


def without_answer(submission: Submission, *, got: bool, after: int = 0, most: int | None = None) -> list[int]:
    """Messages of those who have not answered, one of each: who got it (or may have), or who did not."""
    with connection.cursor() as cursor:
        cursor.execute(
            WITHOUT,
            {"submission": submission.pk, "family": family(submission.pk), "got": got, "after": after, "most": most},
        )
        return [row[0] for row in cursor.fetchall()]


def answered(submission_id: int, numbers: Iterable[str]) -> frozenset[str]:
    """Of `numbers`, who has answered the submission, its resends or its reminders."""
    with connection.cursor() as cursor:
        cursor.execute(ANSWERED, [family(submission_id), list(numbers)])
        return frozenset(row[0] for row in cursor.fetchall())


def how_many_refused(submission_id: int) -> int:
    """People who answered by refusing more."""
    refusing = Reply.objects.filter(submission=submission_id, is_opt_out=True)
    return refusing.values("number").distinct().count()
