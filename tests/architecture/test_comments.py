"""Comments and docstrings say why, in the present tense."""

from __future__ import annotations

import re

from tests.architecture.source import ROOT, modules

HISTORY = re.compile(
    r"\b(fix(es)?|fixed (a|an|the|bug)|legacy|previously|formerly|used to be|was changed"
    r"|backwards?[- ]compat\w*|for (the )?tests?|workaround)\b",
    re.IGNORECASE,
)
"""Words that tell of a change or of the tests instead of the code."""

IN_COMMENTS = re.compile(r"\b(new|newly|now|TODO|FIXME|XXX|HACK)\b")
"""Words that age; a docstring may speak of a new order."""

VERSION_MARK = re.compile(
    r"(\b(added|changed|removed|deprecated|since|as of|introduced) (in|since|with)? ?"
    r"(version )?v?\d+\.\d)"
    r"|(^v\d+\.\d)",
    re.IGNORECASE,
)
TASK_NUMBER = re.compile(
    r"\b(issue|step|task|ticket|pull request|PR)s? ?#?\d+\b|(^|\s)#\d+\b", re.IGNORECASE
)
HEADER = re.compile(
    r"^\s*(@?author|date|created( by| on)?|copyright|last modified)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
BANNER = re.compile(r"^\W*([-=*#_~])\1{4,}|([-=*#_~])\2{4,}\W*$", re.MULTILINE)
PICTOGRAPH = re.compile(
    "[\N{WATCH}-\N{HOURGLASS}\N{BLACK STAR}\N{WHITE STAR}\N{BLACK SUN WITH RAYS}-\N{SNOWMAN}"
    "\N{CHECK MARK}-\N{HEAVY BALLOT X}\N{SPARKLES}\N{CROSS MARK}\N{WARNING SIGN}"
    "\U0001f000-\U0001faff]"
)


def offences(text: str, *, comment: bool) -> list[str]:
    """The rules that ``text`` breaks."""
    rules = {
        "tells of a change": HISTORY,
        "has a version mark": VERSION_MARK,
        "has a task number": TASK_NUMBER,
        "has an author or date header": HEADER,
        "has a pictograph": PICTOGRAPH,
    }
    if comment:
        rules |= {"has a word that ages": IN_COMMENTS, "is a banner": BANNER}
    return [rule for rule, pattern in rules.items() if pattern.search(text)]


def test_comments_tell_no_history() -> None:
    """No comment has version marks, task numbers, headers, banners or words of change."""
    found = [
        f"{module.name}:{line}: {rule}: {text}"
        for module in modules("src", "tests", "bench", "tools")
        for line, text in module.comments()
        for rule in offences(text, comment=True)
    ]
    assert not found, "\n".join(found)


def test_docstrings_tell_no_history() -> None:
    """No docstring of the package tells of versions, changes, tasks or tests."""
    found = [
        f"{module.name}:{line}: {rule}: {text.splitlines()[0]}"
        for module in modules()
        for line, text in module.docstrings()
        for rule in offences(text, comment=False)
    ]
    assert not found, "\n".join(found)


def test_modules_open_with_what_they_are_for() -> None:
    """Every module of the package has a docstring."""
    found = [module.name for module in modules() if not any(module.docstrings())]
    assert not found, "\n".join(found)


def test_the_rules_find_what_they_are_for() -> None:
    """Each rule refuses an example of its kind, and plain reasons pass."""
    bad = [
        "fixed the overflow",
        "new helper",
        "since version 2.1",
        "see issue 12",
        "Author: someone",
        "-----------",
        "\N{ROCKET} fast",
    ]
    assert [text for text in bad if not offences(text, comment=True)] == []
    good = "The gateway drops repeated tags, so each send has its own."
    assert offences(good, comment=True) == []


def test_a_docstring_names_tests_that_exist() -> None:
    """A test file or folder that a docstring names as proof is there."""
    named = re.compile(r"``(tests/[\w/.]+)``")
    missing = [
        f"{module.name}:{line} names {path}"
        for module in modules()
        for line, text in module.docstrings()
        for path in named.findall(text)
        if not (ROOT / path).exists()
    ]
    assert missing == []
