"""Text that must not reach a terminal, a markup parser or a log as it is (spec: safety); the hostile behavior."""

from __future__ import annotations

from typing import Final

HOSTILE_TEXTS: Final[tuple[str, ...]] = (
    "\x1b]0;title taken\x07\x1b[2J\x1b[H[/][@click=app.quit]free money[/]",
    "\x1b]52;c;cm0gLXJmIC8=\x07clipboard",
    "\x1b]8;;file:///etc/passwd\x1b\\a link\x1b]8;;\x1b\\",
    "\x9b2J\x9d0;C1 title\x9c",
    "\x1b[31;5mred and blinking\x1b[0m\x1b[?1049l\x1b[?1003h\x1b[6n",
    "\x1bP+q544e\x1b\\\x1b_Gi=1,a=T;AAAA\x1b\\",
    "\x1b]2;an escape sequence that never ends",
    "\x1b[201~pasted\rover the line\x08\x08\x08\x00\x7f",
    "[/]",
    "[@click=app.cancel_selected]press me[/]",
    "[link=file:///etc/passwd]link[/]",
    "[b [[ \\[ $success {task} %s %(name)s {0}",
    "right \u202eto left\u202c, isolates \u2066kept\u2069, \u200bzero\u200dwidth\ufeff",
    "line\u2028separator, paragraph\u2029separator, next\x85line",
    "tags \U000e0041\U000e0042, private \ue000, noncharacter \uffff",
    "Z" + "\u0310\u0311\u0312\u0313" * 50 + "algo",
    "=cmd|' /C calc'!A0",
    'data: {"result": {"kind": "task"}}\r\n\r\nevent: error\r\nid: 9\r\n',
    "</script><script>alert(1)</script>![x](javascript:alert(1))",
    "日本語 العربية ไทย 👩‍👩‍👧‍👦 🇩🇪",
    "word " * 2_000,
    "x" * 200_000,
    "\n" * 2_000,
)
