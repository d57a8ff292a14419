import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.importing.commented_json import parse_commented_json
from gateway.importing.refusal import ImportRefusedError

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def refusal(text: str) -> str:
    with pytest.raises(ImportRefusedError) as refused:
        parse_commented_json(text, "global_conf.json")
    return str(refused.value)


def test_both_kinds_of_comments_are_left_out() -> None:
    text = '/* a gateway */ {"freq": 1, // in Hz\n /* over\n two lines */ "if": 2}'
    assert parse_commented_json(text, "") == {"freq": 1, "if": 2}


def test_what_looks_like_a_comment_within_a_text_is_kept() -> None:
    assert parse_commented_json(r'{"uri": "wss://host", "quoted": "\"/* no */"}', "") == {
        "uri": "wss://host",
        "quoted": '"/* no */',
    }


@given(JSON)
def test_json_without_comments_is_what_it_was(value: object) -> None:
    assert parse_commented_json(json.dumps(value), "") == value


@given(JSON, st.integers(1, 3))
def test_a_comment_at_each_line_changes_nothing(value: object, indent: int) -> None:
    lines = json.dumps(value, indent=indent).splitlines()
    assert parse_commented_json(' // { [ "\n'.join([*lines, ""]), "") == value


def test_a_mistake_is_told_with_the_line_and_column_of_the_file_as_it_is() -> None:
    assert refusal('/* one\ntwo */ {\n  "freq": 1\n  "if": 2}').startswith(
        "global_conf.json: line 4, column 3: not JSON: "
    )


def test_a_comma_too_many_is_named() -> None:
    assert "remove the comma" in refusal('{"freq": 1, /* last */ }')


def test_a_comment_without_end_is_told_where_it_begins() -> None:
    assert (
        refusal('{"freq": 1,\n  /* in Hz }')
        == "global_conf.json: line 2, column 3: a comment that begins here has no end"
    )


def test_a_text_without_end_is_told() -> None:
    assert "line 1, column 14" in refusal('{"freq": "868\n}')


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '{"a": 1' + "0" * 5_000 + "}", '{"a": NaN}', ""])
def test_what_would_burden_or_mislead_is_refused(text: str) -> None:
    assert refusal(text).startswith("global_conf.json: ")


@given(st.text(alphabet='{}[]",:/*\\n 1a\n', max_size=60))
def test_garbage_is_refused_or_read_and_never_fails_otherwise(text: str) -> None:
    with contextlib.suppress(ImportRefusedError):
        parse_commented_json(text, "x")
