"""The report in English, for an officer of a town hall: no jargon, and no promise of results (article 8)."""

from gateway.link.state import Cause, Detail
from gateway.report.availability import Status
from gateway.report.words import (
    AvailabilityWords,
    CoverWords,
    DeviceWords,
    EvidenceWords,
    IncidentWords,
    ReportWords,
    TrafficWords,
    WorkWords,
)

ENGLISH = ReportWords(
    cover=CoverWords(
        title="Monthly report of the LoRaWAN network",
        article="Article 8 of the agreement: the depositor is kept informed",
        host="Host",
        depositor="Depositor",
        convention="Agreement",
        gateway="Gateway",
        made="Made on {moment}",
        made_unknown="Made at a time that the gateway does not know",
        times_in="Time zone: {timezone}. From the first day at 00:00 to the last day of the month at 24:00.",
        not_over="The month is not over: this report is provisional.",
        brief="In short",
        up_share="Link in service",
        up_note="of the known time",
        up_unknown="no known time",
        incidents="Incidents and work",
        incidents_open="{count} of them open at the end of the month",
        incidents_closed="none open at the end of the month",
        forwarded="Messages passed on",
        forwarded_note="of {heard} heard",
        told="Time until told",
        told_note="median, by {channel}",
        nothing_told="no notice sent",
        means=(
            "This report says what the host did and what the gateway found. It promises no result: article 8 commits "
            "to means, and not to results."
        ),
    ),
    availability=AvailabilityWords(
        title="Availability of your link",
        lead="Each column is a day, from 00:00 at the top to 24:00 at the bottom.",
        chart="State of the link, hour by hour, for each day of the month",
        status="State",
        duration="Duration",
        share="Share of the known time",
        statuses={
            Status.UP: "In service",
            Status.DEGRADED: "Impaired",
            Status.DOWN: "Interrupted",
            Status.SUSPENDED: "Suspended",
            Status.GATEWAY_OFF: "Gateway off",
            Status.UNKNOWN: "Not known",
        },
        explained={
            Status.UP: "your messages pass, as far as the gateway can see",
            Status.DEGRADED: "your messages pass, but something is wrong",
            Status.DOWN: "your messages do not pass",
            Status.SUSPENDED: "announced work, or a right to use the network that is suspended or has ended",
            Status.GATEWAY_OFF: "power cut, stop or restart",
            Status.UNKNOWN: "no certain trace of that time",
        },
        not_counted="not counted",
        rules=(
            (
                "Each state counts from its true begin, even where the gateway noticed it later. Shares are of the "
                "known time; the durations add up to the month."
            ),
            (
                "The drawing shows the gravest state of every ten minutes. The link is that of this gateway: another "
                "one may have heard your devices."
            ),
        ),
    ),
    incidents=IncidentWords(
        title="Incidents and work",
        none="No incident was found in this month, and no work announced.",
        what="Incident",
        begin="Begin",
        detected="Noticed after",
        end="End",
        lasted="Duration",
        told="Told, after it was noticed, by",
        still_open="goes on",
        undated="undated (the clock was not sure)",
        cause="Cause: {cause}.",
        reason="Reason given:",
        flapping="Happened {times} times, counted as one incident.",
        count_of="{count}: {reason}",
        reference="Ref. {id}",
        by_channel="{channel}: {delay}",
        accepted_undated="{channel}: accepted, at no certain time",
        not_told="no notice accepted by a channel",
        not_accepted="{channel}: not delivered",
        delays_title="Delays",
        delays_lead=(
            "Noticing is from the true begin of an unforeseen incident until the gateway found it; after it was off, "
            "it can do so at its restart only. Telling is from then until the channel accepted the first notice."
        ),
        delay_of="Step",
        delay_count="Incidents",
        median="Median",
        worst="Longest",
        detection="Noticed by the gateway",
        channels={"e-mail": "e-mail", "webhook": "webhook", "mqtt": "MQTT"},
        causes={
            Cause.RADIO: "the gateway's radio",
            Cause.BACKHAUL: "the gateway's Internet connection",
            Cause.NETWORK_SERVER: "network server",
            Cause.POWER: "power supply",
            Cause.CLOCK: "the gateway's time",
            Cause.POLICY: "conditions of use",
            Cause.MAINTENANCE: "announced work",
        },
        details={
            Detail.RIGHT_ENDED: "The right to use the network had ended.",
            Detail.RIGHT_NOT_BEGUN: "The right to use the network had not begun.",
            Detail.RIGHT_SUSPENDED: "The host had suspended the access to the network.",
            Detail.MAINTENANCE_INTERRUPTS: "The announced work interrupted the link.",
            Detail.RADIO_LOST: "The gateway's radio had stopped working.",
            Detail.ALL_UNREACHABLE: "The gateway had lost its connection to the outside.",
            Detail.SERVERS_SILENT: "The server that your messages are for had stopped answering.",
            Detail.NO_POLICY: "No valid conditions of use were in force.",
            Detail.MAINTENANCE: "The announced work was under way, and the link worked.",
            Detail.SOME_SERVERS_SILENT: "One of the servers that your messages are for had stopped answering.",
            Detail.RADIO_DEAF: "The gateway heard no sensor at all for unusually long; it put its radio right.",
            Detail.RADIO_SILENT: "The gateway had heard no sensor at all for unusually long.",
            Detail.UNDERVOLTAGE: "The gateway's electricity supply was too weak.",
            Detail.BROKER_LOST: "The gateway could not tell how the link was.",
            Detail.TOO_HOT: "The gateway was too hot.",
            Detail.RECORDS_NOT_KEPT: "The gateway could not record what is used.",
            Detail.DISK_FULL: "The gateway's storage was almost full.",
            Detail.CLOCK_UNSURE: "The gateway was not sure of the time.",
            Detail.WORKING: "",
        },
    ),
    traffic=TrafficWords(
        title="Messages of your devices",
        none="No message of your devices was counted in this month.",
        lead="What the gateway heard of your devices, and what it did with it.",
        sources={
            "evidence": "Source: the evidence log, counted hour by hour.",
            "tally": (
                "Source: the month's tally, by days of universal time (UTC), since the evidence log has nothing of "
                "this month. This tally is not signed."
            ),
            "none": "",
        },
        undated="Messages heard in hours that cannot be dated, not included here: {count}.",
        chart="Messages heard each day",
        passed="passed on",
        heard="Heard",
        forwarded="Passed on",
        lost="of these, reached no server",
        lost_note="passed on, reached no server",
        refused="Not passed on",
        over_limits="Beyond the limits, passed on all the same",
        over_limits_note="Your limits are only observed: these messages would have been refused, and passed.",
        reason="Reason",
        count="Messages",
        share="Share of those heard",
        day_title="{day}: {heard} heard, {forwarded} passed on, {refused} not passed on, {lost} reached no server",
    ),
    devices=DeviceWords(
        title="Your devices",
        none="There is no count by device of this month on this gateway.",
        lead=(
            "First the devices of which messages were not passed on, then those heard most. The month's tally, in "
            "universal time (UTC), not signed: its sums may differ a little from those above."
        ),
        device="Device",
        group="Group",
        heard="Heard",
        forwarded="Passed on",
        refused="Refused",
        airtime="Airtime",
        signal="Mean signal",
        last="Last message",
        left_out="Devices that were too many to be listed, not included here: {count}.",
    ),
    works=WorkWords(
        title="Work, conditions and reports",
        no_work="No work was announced for this month.",
        work="Work",
        announced="Announced",
        planned="Planned",
        over="Over",
        not_over="end not reported",
        policy_title="Conditions of use",
        no_policy_change="The conditions of use in force did not change in this month.",
        document="Document",
        policy="Document no. {serial}",
        no_policy="No valid document",
        in_force_from="In force from",
        digest="SHA-256",
        reports_title="Your reports",
        no_report="This gateway received no report from you.",
        report="Report",
        received="Received",
        answered="Acknowledged",
        not_answered="not accepted by a channel",
        from_to="from {begin} to {end}",
    ),
    evidence=EvidenceWords(
        title="Evidence, and what this report is worth",
        lead=(
            "All of the above, except the table of devices, comes from the gateway's evidence log: lines that are "
            "chained to each other and signed, of which none can be taken away unnoticed. Only your entries and those "
            "that concern everybody were read."
        ),
        nothing="The evidence log holds nothing that can be proven.",
        cover="Entries {first} to {last}, verified while they were read; dated from {begin} to {end}.",
        complete="No entry is missing for this month.",
        removed=(
            "Entries {first} to {last}, of before {before}, are no longer on the gateway: the oldest are removed for "
            "want of room."
        ),
        missing="Not proven: entries {first} to {last}, between {after} and {before} (missing or damaged).",
        missing_end="Not proven: all entries from {first} on (missing or damaged).",
        undated="Entries without a date, since the clock was not sure: {count}. They count in no duration.",
        unreadable="Entries of a form that this version does not know, left out: {count}.",
        lost="Entries that could not be written for want of memory: {count}.",
        verify_title="To verify",
        verify=(
            "The host gives you an export (first command) and, once and for all, the gateway's public key. On any "
            "computer, the second command verifies the export:"
        ),
        key="Public key of the gateway: {key}",
        head_note=(
            "What follows --head is the head of the log when this report was made. Keep it: it proves that nothing "
            "before it was rewritten since."
        ),
        means_title="Means, and not results",
        means=(
            (
                "For this network the host commits itself to the means that it employs, and not to results (article 8 "
                "of the agreement). This report is no guarantee, and no commitment to any availability."
            ),
            "What the gateway did not hear is not in it. No content of a message is read or kept to make it.",
        ),
    ),
    decimal=".",
    thousands=",",
    percent="{number}%",
    less_than="less than {number}",
    more_than="more than {number}",
    moment="{day} {month} {year} at {hour}:{minute}",
    short_moment="{day} {month}, {hour}:{minute}",
    short_months=("Jan", "Feb", "March", "April", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"),
    weekdays="MTWTFSS",
    unknown="not known",
    none="none",
    more_rows="and {count} more, in the JSON form of this report",
    page="Monthly report of the LoRaWAN network",
    spaced={},
)
