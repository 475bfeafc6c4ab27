"""A browser in words, as people tell theirs apart. Pure."""

from __future__ import annotations

_BROWSERS = (
    ("MicroMessenger", "微信"), ("DingTalk", "钉钉"), ("Edg", "Edge"), ("OPR", "Opera"), ("QQBrowser", "QQ浏览器"),
    ("Firefox", "Firefox"), ("HuaweiBrowser", "华为浏览器"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
"""The first that stands in the header: the later ones stand in those of the earlier, too."""
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def agent_words(agent: str) -> str:
    """Browser and system of a User-Agent header; its beginning where neither is known."""
    known = [next((name for sign, name in table if sign in agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return " · ".join(name for name in known if name) or agent[:40]
