"""Names as they are sorted and searched: pinyin with surnames read as surnames, initials, and the code of the index.

The trigram index of PostgreSQL sees letters and digits only (under the C locale every Chinese character is a blank to
it), so Chinese characters are stored and asked for as four signs each: "U" and three of a 32-sign alphabet, in upper
case, while pinyin stands in lower case. One index then serves 张三, zhangsan, zs and 0013 alike, from one character on.
"""

from __future__ import annotations

from functools import lru_cache

# Readings as a surname where the usual reading of the character, which pypinyin gives, is another.
SURNAMES: dict[str, str] = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "朴": "piao", "查": "zha", "区": "ou", "盖": "ge", "宓": "fu",
    "缪": "miao", "乐": "yue", "翟": "zhai", "覃": "qin", "种": "chong", "卜": "bu", "员": "yun", "句": "gou",
    "隗": "wei", "佴": "nai", "郇": "xun", "乜": "nie", "秘": "bi", "祭": "zhai", "折": "she", "洗": "xian",
    "召": "shao", "黑": "he", "繁": "po", "牟": "mu", "尹": "yin", "晟": "cheng", "车": "che", "冼": "xian",
    "逄": "pang", "贾": "jia", "柏": "bai", "薄": "bo", "臧": "zang", "都": "du", "曲": "qu", "宿": "su", "过": "guo",
    "令": "ling", "重": "chong", "谌": "chen", "訾": "zi", "不": "fou", "那": "na", "哈": "ha",
    "瞿": "qu", "褚": "chu", "万": "wan", "任": "ren", "华": "hua", "燕": "yan", "应": "ying",
    "葛": "ge", "宁": "ning", "盛": "sheng", "石": "shi", "沈": "shen", "尉": "wei", "单于": "chanyu",
    "單": "shan", "區": "ou", "蓋": "ge", "繆": "miao", "樂": "yue", "員": "yun", "賈": "jia",
    "尉迟": "yuchi", "尉遲": "yuchi", "万俟": "moqi", "萬俟": "moqi", "长孙": "zhangsun", "長孫": "zhangsun",
    "令狐": "linghu", "澹台": "tantai", "澹臺": "tantai", "欧阳": "ouyang", "歐陽": "ouyang", "上官": "shangguan",
    "司马": "sima", "司馬": "sima", "诸葛": "zhuge", "諸葛": "zhuge", "皇甫": "huangfu", "宇文": "yuwen",
    "慕容": "murong", "司徒": "situ", "公孙": "gongsun", "公孫": "gongsun", "夏侯": "xiahou", "呼延": "huyan",
    "端木": "duanmu", "百里": "baili", "东方": "dongfang", "東方": "dongfang", "独孤": "dugu", "獨孤": "dugu",
    "南宫": "nangong", "南宮": "nangong", "拓跋": "tuoba", "拓拔": "tuoba", "濮阳": "puyang", "鲜于": "xianyu",
    "闻人": "wenren", "赫连": "helian", "轩辕": "xuanyuan", "太史": "taishi", "申屠": "shentu", "钟离": "zhongli",
    "宗政": "zongzheng", "淳于": "chunyu", "仲孙": "zhongsun", "梁丘": "liangqiu", "左丘": "zuoqiu", "西门": "ximen",
    "第五": "diwu", "公冶": "gongye", "太叔": "taishu", "乐正": "yuezheng", "漆雕": "qidiao", "尔朱": "erzhu",
}  # fmt: skip
_DOUBLE_INITIALS = {
    "尉迟": "yc", "尉遲": "yc", "万俟": "mq", "萬俟": "mq", "长孙": "zs", "長孫": "zs", "令狐": "lh", "澹台": "tt",
    "澹臺": "tt", "欧阳": "oy", "歐陽": "oy", "上官": "sg", "司马": "sm", "司馬": "sm", "诸葛": "zg", "諸葛": "zg",
    "皇甫": "hf", "宇文": "yw", "慕容": "mr", "司徒": "st", "公孙": "gs", "公孫": "gs", "夏侯": "xh", "呼延": "hy",
    "端木": "dm", "百里": "bl", "东方": "df", "東方": "df", "独孤": "dg", "獨孤": "dg", "南宫": "ng", "南宮": "ng",
    "拓跋": "tb", "拓拔": "tb", "濮阳": "py", "鲜于": "xy", "闻人": "wr", "赫连": "hl", "轩辕": "xy", "太史": "ts",
    "申屠": "st", "钟离": "zl", "宗政": "zz", "淳于": "cy", "仲孙": "zs", "梁丘": "lq", "左丘": "zq", "西门": "xm",
    "第五": "dw", "公冶": "gy", "太叔": "ts", "乐正": "yz", "漆雕": "qd", "尔朱": "ez", "单于": "cy",
}  # fmt: skip
_MOST_SEARCHED = 80


@lru_cache(maxsize=30_000)
def _reading(char: str) -> str:
    """Pinyin of one character in lower case without tones; letters and digits as they are, all else nothing."""
    if char.isascii():
        return char.lower() if char.isalnum() else ""
    # Its tables take a quarter of a second, which every process would pay at its start.
    from pypinyin import lazy_pinyin

    syllable = lazy_pinyin(char)[0]
    return "".join(sign for sign in syllable.lower() if sign.isalnum())


@lru_cache(maxsize=30_000)
def readings(name: str) -> tuple[str, str]:
    """(full pinyin, initials) of a person's name: 曾国藩 -> ("zengguofan", "zgf")."""
    name = name.strip()
    lead = name[:2]
    if len(name) > 2 and lead in _DOUBLE_INITIALS:
        rest = [_reading(char) for char in name[2:]]
        return SURNAMES[lead] + "".join(rest), _DOUBLE_INITIALS[lead] + _initials(name[2:], rest)
    syllables = [_reading(char) for char in name]
    if len(name) > 1 and name[0] in SURNAMES:
        syllables[0] = SURNAMES[name[0]]
    return "".join(syllables), _initials(name, syllables)


def _initials(chars: str, syllables: list[str]) -> str:
    """First letters of the syllables; of words of letters, the first letter each."""
    if not any(map(str.isascii, chars)):
        return "".join([syllable[:1] for syllable in syllables])
    initials = []
    before = " "
    for char, syllable in zip(chars, syllables, strict=True):
        if syllable and (not char.isascii() or not (before.isascii() and before.isalnum())):
            initials.append(syllable[0])
        before = char
    return "".join(initials)


def sort_key(name: str) -> str:
    """What a list of people is sorted by: full pinyin."""
    return readings(name)[0][:200]


_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTVW"  # no U, which begins each code


@lru_cache(maxsize=30_000)
def _coded(char: str) -> str:
    if char.isascii():
        return char.lower() if char.isalnum() or char in "@.-_" else " "
    if not char.isalnum():
        return " "
    point = (ord(char) - 0x4E00) % 32_768
    return f"U{_ALPHABET[point >> 10]}{_ALPHABET[point >> 5 & 31]}{_ALPHABET[point & 31]}"


def coded(text: str) -> str:
    """`text` as the index holds it and as it is asked: letters in lower case, Chinese characters as their codes."""
    return "".join(map(_coded, text))


def search_text(name: str, number: str, company: str = "") -> str:
    """The `search` column of a contact: name, pinyin, initials, number, company."""
    pinyin, initials = readings(name)
    plain = coded(name[:_MOST_SEARCHED])
    digits = number[3:] if number.startswith("+86") else number[1:]
    words = [plain] if plain == pinyin else [plain, pinyin, initials]
    return " ".join([*words, digits, coded(company[:30])] if company else [*words, digits])
