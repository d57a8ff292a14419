"""Which document is in force, after whatever was offered."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.document import LARGEST_SERIAL
from gateway.policy.source import keeper
from gateway.policy.source.keeper import (
    Accepted,
    Decision,
    Kept,
    Offer,
    Pending,
    Refused,
    Unchanged,
    consider,
    content_digest,
    document_digest,
    in_force,
    refuse,
    resume,
    use_keys,
)
from gateway.policy.source.serial_floor import Mark
from gateway.policy.source.signature import SigningKey, signature_text
from gateway.policy.text.reading import LARGEST_DOCUMENT_BYTES
from tests.gateway.policy.signed_documents import (
    BEGINS_UNIX_S,
    ENDS_UNIX_S,
    HOST,
    KEYS,
    OTHER,
    VALID_UNIX_S,
    document,
    signed,
)

NEXT_YEAR = document(2, "2027-01-01", "2027-12-31")


def after(*offers: Offer, at: int | None = VALID_UNIX_S) -> Kept:
    """What is kept after some offers, all of them taken."""
    kept = Kept()
    for offer in offers:
        kept, decision = consider(kept, offer, KEYS, at)
        assert not isinstance(decision, Refused)
    return kept


def reason(kept: Kept, offer: Offer, at: int | None = VALID_UNIX_S) -> str:
    """Why an offer is refused; nothing changes but that this is known."""
    later, decision = consider(kept, offer, KEYS, at)
    assert isinstance(decision, Refused)
    assert decision.is_new
    assert (later.held, later.accepted) == (kept.held, kept.accepted)
    assert later.last_refusal is not None
    assert later.last_refusal.reason == decision.reason
    return decision.reason


def serial_at(kept: Kept, known_unix_s: int | None) -> int | None:
    held = in_force(kept, known_unix_s)
    return None if held is None else held.policy.serial


def test_a_signed_document_is_in_force_at_once() -> None:
    kept, decision = consider(Kept(), signed(document(7)), KEYS, VALID_UNIX_S)
    assert decision == Accepted(7, HOST.public.key_id)
    assert serial_at(kept, VALID_UNIX_S) == 7


def test_a_newer_one_takes_its_place() -> None:
    kept = after(signed(document(1)), signed(document(3)))
    assert serial_at(kept, VALID_UNIX_S) == 3
    assert len(kept.held) == 1


def test_the_same_one_again_is_no_change() -> None:
    kept = after(signed(document(1)))
    assert consider(kept, signed(document(1)), KEYS, VALID_UNIX_S) == (kept, Unchanged(1))


def test_an_older_one_is_refused() -> None:
    assert "serial 2 is older than 3" in reason(after(signed(document(3))), signed(document(2)))


def test_the_same_serial_with_another_content_is_refused() -> None:
    assert "another content" in reason(after(signed(document(3))), signed(document(3, name="Autre")))


def test_without_a_signature_nothing_is_taken() -> None:
    assert "no signature came with it" in reason(Kept(), Offer("test", document(), None))


def test_a_signature_that_is_none_is_told_apart() -> None:
    assert "not one line of base64" in reason(Kept(), Offer("test", document(), b"?"))


def test_another_partys_signature_is_refused_and_our_keys_are_named() -> None:
    assert f"no key of policy.host_keys ({HOST.public.key_id})" in reason(Kept(), signed(document(), OTHER))


def test_without_any_key_nothing_is_taken() -> None:
    _, decision = consider(Kept(), signed(document()), (), VALID_UNIX_S)
    assert isinstance(decision, Refused)


def test_nothing_is_parsed_that_is_not_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(*_arguments: object) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr(keeper, "read_policy", parse)
    reason(Kept(), signed(document(), OTHER))
    reason(Kept(), Offer("test", document(), None))
    reason(Kept(), Offer("test", document() + b"#", signed(document()).signature))


def test_what_is_too_large_is_not_even_verified() -> None:
    huge = b"#" * (LARGEST_DOCUMENT_BYTES + 1)
    assert f"{LARGEST_DOCUMENT_BYTES} at most" in reason(Kept(), Offer("test", huge, b""))


def test_a_signed_document_with_mistakes_is_refused_with_all_of_them() -> None:
    text = document().replace(b'mode = "enforce"', b'mode = "loud"').replace(b'"refuse"', b'"explode"')
    words = reason(Kept(), signed(text))
    assert "signed, but it cannot be used" in words
    assert "depositor[0].mode" in words
    assert "unknown.action" in words


def test_a_document_that_has_ended_is_refused() -> None:
    assert "valid until 2027-01-01 00:00 UTC" in reason(Kept(), signed(document()), at=ENDS_UNIX_S)


def test_its_last_second_is_valid_and_then_there_is_none() -> None:
    kept = after(signed(document()))
    assert serial_at(kept, ENDS_UNIX_S - 1) == 1
    assert serial_at(kept, ENDS_UNIX_S) is None


def test_a_document_for_later_waits_and_the_present_one_stays() -> None:
    kept, decision = consider(after(signed(document(1))), signed(NEXT_YEAR), KEYS, VALID_UNIX_S)
    assert decision == Pending(2, ENDS_UNIX_S)
    assert serial_at(kept, ENDS_UNIX_S - 1) == 1
    assert serial_at(kept, ENDS_UNIX_S) == 2


def test_a_document_for_later_where_there_is_none_yet_leaves_none() -> None:
    kept, decision = consider(Kept(), signed(NEXT_YEAR), KEYS, VALID_UNIX_S)
    assert isinstance(decision, Pending)
    assert serial_at(kept, VALID_UNIX_S) is None
    assert serial_at(kept, ENDS_UNIX_S) == 2


def serials(kept: Kept) -> list[int]:
    return [held.policy.serial for held in kept.held]


def test_the_older_one_is_there_when_the_known_time_goes_back() -> None:
    """After a power cut, or where a clock was weeks ahead and is put right."""
    kept = after(signed(document(1)), signed(NEXT_YEAR))
    assert [serial_at(kept, at) for at in (ENDS_UNIX_S, ENDS_UNIX_S - 60, ENDS_UNIX_S)] == [2, 1, 2]


def test_so_it_is_when_the_newer_one_came_on_its_own_day() -> None:
    kept, decision = consider(after(signed(document(1))), signed(NEXT_YEAR), KEYS, ENDS_UNIX_S)
    assert isinstance(decision, Accepted)
    assert serial_at(kept, ENDS_UNIX_S - 60) == 1


def test_what_was_replaced_is_refused_when_it_is_offered_again() -> None:
    kept = after(signed(document(1)), signed(NEXT_YEAR))
    assert "older than 2" in reason(kept, signed(document(1)), at=ENDS_UNIX_S)
    assert consider(kept, signed(document(1)), KEYS, ENDS_UNIX_S - 1) == (kept, Unchanged(1))


def test_a_third_one_takes_the_place_of_the_oldest() -> None:
    kept = after(signed(document(1)), signed(NEXT_YEAR))
    kept, _ = consider(kept, signed(document(3, "2027-02-01", "2027-12-31")), KEYS, ENDS_UNIX_S)
    assert serials(kept) == [2, 3]


def test_a_correction_of_the_newer_one_leaves_the_older_one_there() -> None:
    kept = after(signed(document(1)), signed(NEXT_YEAR))
    kept, _ = consider(kept, signed(document(3, "2027-01-01", "2027-12-31")), KEYS, ENDS_UNIX_S)
    assert serials(kept) == [1, 3]
    assert serial_at(kept, ENDS_UNIX_S - 60) == 1


def test_the_older_one_does_not_come_back_when_the_newer_one_ends_first() -> None:
    long, short = document(1, last="2030-12-31"), document(2, "2026-02-01", "2026-02-28")
    kept = after(signed(long), signed(short))
    assert serial_at(kept, VALID_UNIX_S) == 1
    assert serial_at(kept, BEGINS_UNIX_S + 32 * 86_400) == 2
    assert serial_at(kept, BEGINS_UNIX_S + 90 * 86_400) is None


def test_what_waits_is_replaced_by_what_is_newer_and_not_by_what_is_older() -> None:
    kept = after(signed(document(1)), signed(document(5, "2027-01-01", "2027-12-31")))
    assert "older than 5" in reason(kept, signed(document(4, "2027-01-01", "2027-12-31")))
    kept = after(signed(document(1)), signed(NEXT_YEAR), signed(document(6, "2027-06-01", "2027-12-31")))
    assert [held.policy.serial for held in kept.held] == [1, 6]


def test_one_that_is_valid_now_ends_the_waiting() -> None:
    kept = after(signed(document(1)), signed(NEXT_YEAR), signed(document(3)))
    assert [held.policy.serial for held in kept.held] == [3]


def test_without_a_known_time_the_newest_is_followed_and_the_one_before_kept() -> None:
    kept = after(signed(document(1)), signed(NEXT_YEAR), at=None)
    assert serial_at(kept, None) == 2
    # Now a clock says that it came too early.
    assert serial_at(kept, VALID_UNIX_S) == 1


def test_without_a_known_time_nothing_has_ended() -> None:
    assert serial_at(after(signed(document(1, "2020-01-01", "2020-12-31")), at=None), None) == 1


def test_a_rotated_key_signs_the_same_document_again() -> None:
    kept = after(signed(document()))
    kept, decision = consider(kept, signed(document(), OTHER), (OTHER.public,), VALID_UNIX_S)
    assert decision == Unchanged(1)
    assert [held.key_id for held in kept.held] == [OTHER.public.key_id]
    assert kept.held[0].signature == signature_text(OTHER.sign(document()))


def test_a_refusal_is_told_once_for_each_content() -> None:
    kept, bad, worse = after(signed(document(3))), signed(document(1)), signed(document(2))
    told = []
    for offer in (bad, worse, bad, worse, signed(document(1), OTHER)):
        kept, decision = consider(kept, offer, KEYS, VALID_UNIX_S)
        assert isinstance(decision, Refused)
        told.append(decision.is_new)
    assert told == [True, True, False, False, True]


def test_the_last_refusal_can_be_seen() -> None:
    kept, _ = consider(Kept(), Offer("policy.toml", b"", None), KEYS, VALID_UNIX_S)
    assert kept.last_refusal is not None
    assert (kept.last_refusal.source, kept.last_refusal.at_unix_s) == ("policy.toml", VALID_UNIX_S)


def test_what_is_remembered_of_refusals_is_bounded() -> None:
    kept = Kept()
    for number in range(1_000):
        kept, refused = refuse(kept, "topic", "x" * 10_000, str(number), None)
        assert refused.is_new
    assert len(kept.told) == keeper.MOST_REFUSALS_TOLD
    assert len(msgspec.json.encode(kept.last_refusal)) < 3_000


def test_contents_are_told_apart_by_their_parts() -> None:
    assert content_digest(b"ab", b"c") != content_digest(b"a", b"bc")


@pytest.mark.parametrize("name", ["held", "accepted"])
@given(st.data())
@settings(max_examples=30, deadline=None)
def test_serials_only_grow_whatever_comes_in_whatever_order(name: str, data: st.DataObject) -> None:
    """Against a plain model: the highest serial that was taken."""
    kept, highest = Kept(), 0
    for serial in data.draw(st.lists(st.integers(1, 4), max_size=8)):
        word = data.draw(st.sampled_from(("un", "deux")))
        offer = signed(document(serial, name=word))
        before = getattr(kept, name)
        kept, decision = consider(kept, offer, KEYS, VALID_UNIX_S)
        assert_only_grows(decision, serial, highest)
        assert isinstance(decision, Accepted) or getattr(kept, name) == before
        highest = max(highest, serial)
        assert serial_at(kept, VALID_UNIX_S) == highest


def assert_only_grows(decision: Decision, serial: int, highest: int) -> None:
    match decision:
        case Accepted():
            assert serial > highest
        case Unchanged():
            assert serial == highest
        case _:
            assert serial <= highest


def test_a_restart_takes_up_what_was_kept() -> None:
    kept = after(signed(document(1)), signed(NEXT_YEAR))
    found = [Offer("disk", held.document, held.signature) for held in kept.held]
    again, lost = resume(found, kept.accepted, KEYS)
    assert (again, lost) == (kept, ())


def test_a_restart_with_other_keys_takes_up_nothing() -> None:
    kept = after(signed(document(3)))
    found = [Offer("3.toml", kept.held[0].document, kept.held[0].signature)]
    again, lost = resume(found, kept.accepted, (OTHER.public,))
    assert again.held == ()
    assert "3.toml: no key of policy.host_keys" in lost[0]


def accepts(kept: Kept, serial: int, key: SigningKey, *keys: SigningKey) -> bool:
    _, decision = consider(kept, signed(document(serial), key), [each.public for each in keys], VALID_UNIX_S)
    return isinstance(decision, Accepted)


def test_what_a_stolen_key_signed_does_not_lock_the_host_out() -> None:
    both = (HOST.public, OTHER.public)
    kept, _ = consider(after(signed(document(12))), signed(document(LARGEST_SERIAL), OTHER), both, VALID_UNIX_S)
    assert serial_at(kept, VALID_UNIX_S) == LARGEST_SERIAL
    assert not accepts(kept, 13, HOST, HOST, OTHER)
    kept, lost = use_keys(kept, KEYS)
    assert lost == (f"serial {LARGEST_SERIAL}, by key {OTHER.public.key_id}: policy.host_keys are {KEYS[0].key_id}",)
    assert serial_at(kept, VALID_UNIX_S) is None
    # What its own key signed still counts: nothing older comes back.
    assert not accepts(kept, 11, HOST, HOST)
    assert accepts(kept, 13, HOST, HOST)
    assert not accepts(kept, 13, HOST, HOST, OTHER)


def test_under_the_same_keys_all_stays() -> None:
    kept = after(signed(document(1)), signed(NEXT_YEAR))
    assert use_keys(kept, (OTHER.public, *KEYS)) == (kept, ())


def test_a_refusal_is_told_once_more_under_other_keys() -> None:
    kept, _ = consider(Kept(), signed(document(), OTHER), KEYS, VALID_UNIX_S)
    kept, _ = use_keys(kept, KEYS)
    reason(kept, signed(document(), OTHER))


def test_a_renewed_signature_counts_for_its_own_key() -> None:
    kept, _ = consider(after(signed(document(3))), signed(document(3), OTHER), (OTHER.public,), VALID_UNIX_S)
    kept, lost = use_keys(kept, (OTHER.public,))
    assert lost == ()
    assert not accepts(kept, 2, OTHER, OTHER)


def test_of_what_was_refused_it_is_known_whether_only_the_time_is_against_it() -> None:
    refused = [
        consider(Kept(), offer, KEYS, ENDS_UNIX_S)[1] for offer in (signed(document()), signed(document(), OTHER))
    ]
    assert [isinstance(one, Refused) and one.has_ended for one in refused] == [True, False]


def test_a_restart_believes_no_document_that_was_never_accepted() -> None:
    again, lost = resume([signed(document(9), source="9.toml")], [Mark(3, None)], KEYS)
    assert again.held == ()
    assert lost == ("9.toml: serial 9 was never accepted",)


def test_where_the_newests_content_was_lost_its_serial_is_taken_again() -> None:
    kept = Kept(accepted=(Mark(3, None),))
    assert "older than 3" in reason(kept, signed(document(2)))
    kept, decision = consider(kept, signed(document(3)), KEYS, VALID_UNIX_S)
    assert isinstance(decision, Accepted)
    assert "another content" in reason(kept, signed(document(3, name="Autre")))


def test_a_documents_digest_is_that_of_sha256sum() -> None:
    assert document_digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
