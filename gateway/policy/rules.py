"""A policy made ready to be asked: its directory, its rights, and the verdicts that need no account."""

import math

import msgspec

from gateway.policy.accounts.charging import Charged
from gateway.policy.claim import Claim, Limits
from gateway.policy.document import Depositor, Policy
from gateway.policy.identity.directory import Ambiguous, Directory, Identity, tightest_limits
from gateway.policy.outcome import Outcome
from gateway.policy.text.rights import Right, right_at, time_to_judge_by
from gateway.policy.verdict import Flag, Standing, Verdict

NOBODY = ""
_UNLIMITED = Limits()
_UNREFUSED = Right(None, None)


class Rules:
    """One policy, ready."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.directory = Directory.of(policy)
        self.warning_share = policy.warning_share
        self._depositors = {depositor.id: depositor for depositor in policy.depositors}
        self._rights: dict[str, tuple[int, float, Right]] = {}
        self._forwards_strangers = policy.unknown != "refuse"
        self._observes_strangers = policy.unknown == "observe"

    def depositor(self, claim: Claim) -> Depositor | None:
        """Whose claim it is; None where several share it."""
        return self._depositors.get(claim.depositor)

    def observes(self, claim: Claim) -> bool:
        """Whether what a claim's limits refuse is forwarded all the same."""
        depositor = self._depositors.get(claim.depositor)
        return depositor is not None and depositor.mode == "observe"

    def right_refusal(self, claim: Claim, known_unix_s: int | None) -> Outcome | None:
        """Why a depositor may not use the network now; None where it may.

        Without any known time the document's first day is judged by, and a right that begins later has begun.
        """
        if known_unix_s is None:
            refusal = self._right(claim.depositor, time_to_judge_by(self.policy, None)).refusal
            return None if refusal is Outcome.RIGHT_NOT_BEGUN else refusal
        return self._right(claim.depositor, known_unix_s).refusal

    def _right(self, depositor: str, unix_s: int) -> Right:
        """A depositor's right then; NOBODY's is never refused. It is looked for once for as long as it stays."""
        known = self._rights.get(depositor)
        if known is not None and known[0] <= unix_s < known[1]:
            return known[2]
        if depositor not in self._depositors:
            return _UNREFUSED
        right = right_at(self._depositors[depositor], unix_s)
        until_unix_s = math.inf if right.until_unix_s is None else right.until_unix_s
        self._rights[depositor] = unix_s, until_unix_s, right
        return right

    def nobodys(
        self, outcome: Outcome, *, dev_eui: int | None = None, dev_addr: int | None = None, is_join: bool = False
    ) -> Verdict:
        """The verdict on a packet that is no depositor's."""
        return Verdict(
            outcome,
            forwarded=self._forwards_strangers,
            would_refuse=self._observes_strangers,
            dev_eui=dev_eui,
            dev_addr=dev_addr,
            is_join=is_join,
        )

    def refused(
        self, identity: Identity, outcome: Outcome, *, dev_addr: int | None = None, is_join: bool = False
    ) -> Verdict:
        """The verdict on a packet that is refused whatever its account says, in observe mode too."""
        claim = identity.claim
        return Verdict(
            outcome,
            forwarded=False,
            depositor=claim.depositor or None,
            group=claim.group or None,
            dev_eui=identity.dev_eui,
            dev_addr=dev_addr,
            is_join=is_join,
            flags=identity.flags,
        )

    def charged(
        self,
        identity: Identity,
        charged: Charged,
        now_ms: int,
        *,
        dev_addr: int | None = None,
        is_join: bool = False,
        flags: tuple[Flag, ...] = (),
    ) -> Verdict:
        """The verdict on a packet that the accounts admitted or refused."""
        claim, refusal = identity.claim, charged.refusal
        outcome, level = Outcome.REPETITION if charged.repetition else Outcome.ADMITTED, None
        if refusal is not None:
            outcome, level = Outcome(refusal.limit.value), refusal.level
        observed = refusal is not None and (identity.observed or self.observes(claim))
        return Verdict(
            outcome,
            forwarded=refusal is None or observed,
            would_refuse=observed,
            depositor=claim.depositor or None,
            group=claim.group or None,
            dev_eui=identity.dev_eui,
            dev_addr=dev_addr,
            is_join=is_join,
            level=level,
            standing=Standing(claim.limits, charged.accounts, now_ms, self.warning_share),
            flags=identity.flags + flags,
        )

    def forged(self, dev_addr: int, identity: Identity | Ambiguous | None) -> Verdict:
        """The verdict on a frame that the device which it names did not make: it is told, and not charged."""
        if isinstance(identity, Identity):
            verdict = self.refused(identity, Outcome.FORGED, dev_addr=dev_addr)
            return msgspec.structs.replace(verdict, flags=(*verdict.flags, Flag.FORGED))
        return Verdict(Outcome.FORGED, forwarded=False, dev_addr=dev_addr, flags=(Flag.FORGED,))

    def shared_identity(self, dev_addr: int, shared: Ambiguous, known_unix_s: int | None) -> Identity | None:
        """Whose account a frame is held against whose DevAddr devices of several groups use.

        It is an account of the DevAddr itself, with the tightest limits of those that may send, and their depositor's
        where all have the same. None where none of them may: then there is nobody for whom to admit it.
        """
        claims = [candidate.claim for candidate in shared.candidates]
        depositors = {None if claim is None else claim.depositor for claim in claims}
        has_one = len(depositors) == 1
        rightful = [
            claim
            for claim in claims
            if claim is not None and (has_one or self.right_refusal(claim, known_unix_s) is None)
        ]
        if not rightful:
            return None
        device = tightest_limits([claim.limits[0] for claim in rightful])
        observed = all(self.observes(claim) for claim in rightful)
        if has_one:
            claim = Claim(rightful[0].depositor, NOBODY, (device, _UNLIMITED, rightful[0].limits[2]))
        else:
            claim = Claim(NOBODY, NOBODY, (device, _UNLIMITED, _UNLIMITED))
        return Identity(claim, ~dev_addr, None, (Flag.SHARED_DEV_ADDR,), observed)
