import tomllib

from hypothesis import given
from hypothesis import strategies as st

from gateway.importing.draft import Draft, Setting
from gateway.importing.writing import toml_text, toml_value

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_every_value_is_read_as_it_was(value: object) -> None:
    assert tomllib.loads(f"key = {toml_value(value)}") == {"key": value}


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_whatever_a_stranger_wrote_stays_within_its_comment(text: str, origin: str, notes: list[str]) -> None:
    draft = Draft()
    draft.put("gateway", "name", text, origin)
    for note in notes:
        draft.note(note)
    draft.servers.append({"metadata": Setting({text: text}, origin)})
    read = tomllib.loads(toml_text(draft, [origin]))
    assert read.keys() == {"gateway", "server"}
    assert read["gateway"].keys() == {"name"}


def test_a_table_of_lines_stands_on_lines() -> None:
    draft = Draft()
    draft.chain(0)["tx_gain_table"] = Setting(({"rf_power_dbm": 12}, {"rf_power_dbm": 14}), "x.json: lut")
    assert "tx_gain_table = [  # x.json: lut\n  { rf_power_dbm = 12 },\n  { rf_power_dbm = 14 },\n]" in toml_text(
        draft, []
    )


def test_a_chain_of_which_nothing_is_known_keeps_its_place() -> None:
    draft = Draft()
    draft.chain(1)["enabled"] = Setting(False, "x")
    assert tomllib.loads(toml_text(draft, [])) == {"radio": {"chain": [{}, {"enabled": False}]}}


def test_what_is_to_be_looked_at_stands_at_the_beginning() -> None:
    draft = Draft()
    draft.note("one thing")
    draft.note("one thing")
    assert toml_text(draft, ["a.json"]).count("# - one thing\n") == 1


def test_what_is_missing_stands_before_what_is_to_be_looked_at() -> None:
    draft = Draft()
    draft.note("one thing")
    text = toml_text(draft, ["a.json"], ["server: missing\nhost = 1"])
    assert 0 < text.index("# - server: missing") < text.index("# - one thing")
    assert tomllib.loads(text) == {}


def test_a_flood_of_notes_is_counted() -> None:
    draft = Draft()
    for number in range(150):
        draft.note(f"thing {number}")
    assert len(draft.notes) == 100
    assert "# - and 50 more" in toml_text(draft, [])
