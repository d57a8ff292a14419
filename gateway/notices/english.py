"""The notices in English, for an officer of a town hall: no jargon, and no promise of results (article 8)."""

from gateway.notices.news import Matter
from gateway.notices.notice import Kind
from gateway.notices.wording import Answers, CombinedWords, Headings, LinkWords, TimeWords, Wording
from gateway.policy.text.rights import Ending

_WAIT = (
    "There is nothing to do on your sensors. If a measurement is important to you, plan to take it in some other way."
)

ENGLISH = Wording(
    language="en",
    headings=Headings(
        happening="WHAT IS HAPPENING",
        happened="WHAT HAPPENED",
        since="SINCE WHEN",
        from_to="FROM WHEN TO WHEN",
        when="WHEN",
        affected="WHAT IS AFFECTED",
        host="WHAT THE HOST IS DOING",
        depositor="WHAT YOU CAN DO",
    ),
    kinds={
        Kind.OPENED: "begins",
        Kind.UPDATED: "changes",
        Kind.REMINDED: "goes on",
        Kind.CLOSED: "ends",
        Kind.ACKNOWLEDGED: "received",
    },
    announced="announced",
    matters={
        Matter.LINK: "network impaired",
        Matter.PAST_OUTAGE: "gateway stopped",
        Matter.MAINTENANCE: "work on the network",
        Matter.RIGHT_ENDING: "approaching end",
        Matter.NEAR_LIMIT: "limit nearly reached",
        Matter.REFUSALS: "messages not passed on",
        Matter.OVER_LIMITS: "messages beyond the limits",
        Matter.REPORT: "your report",
    },
    title="{matter} ({kind})",
    remarks={
        Kind.CLOSED: "It is over.",
        Kind.REMINDED: "The situation still goes on.",
        Kind.UPDATED: "The situation has changed.",
    },
    found_before="This is what had been found: {what}",
    reason="Reason given by the host: {reason}",
    flapping="This happened {times} times. So as not to send as many messages, all of it counts as one incident.",
    count="- {count}: {reason}",
    devices="Sensors concerned:",
    more_devices="- and others",
    answers={
        Matter.LINK: Answers(
            "A problem was noticed on the network.",
            "The messages of your sensors may be concerned.",
            "The host watches the gateway.",
            _WAIT,
        ),
        Matter.PAST_OUTAGE: Answers(
            "The gateway had stopped. It could not tell you before it was at work again.",
            "While it was stopped, this gateway did not hear your sensors.",
            "The gateway has started again by itself, and is still watched.",
            "Check that you hear from your sensors again. If not, report it.",
        ),
        Matter.MAINTENANCE: Answers(
            "Work of the host on the network.",
            "During the work, the messages of your sensors may not be passed on.",
            "The host also tells you when the work is over.",
            "If the time does not suit you, contact the host.",
        ),
        Matter.RIGHT_ENDING: Answers(
            "The following comes to its end:",
            "Unless it is renewed, the messages of your sensors are no longer passed on after this date.",
            "The host applies the agreement, and tells you before it ends.",
            "To go on using the network, contact the host before this date.",
        ),
        Matter.NEAR_LIMIT: Answers(
            "A large share of what was agreed is used already.",
            "Once the limit is reached, messages in excess may not be passed on.",
            "The host counts what is used, as agreed.",
            "Check that your sensors send no more than needed. If your needs have changed, contact the host.",
        ),
        Matter.REFUSALS: Answers(
            "Messages of your sensors were not passed on. Number of messages, and reasons:",
            "These messages were not passed on to you by this gateway.",
            "The host applies the agreed conditions of use, and counts each refusal.",
            "Check the settings of these sensors. If the conditions no longer fit your needs, contact the host.",
        ),
        Matter.OVER_LIMITS: Answers(
            "Messages of your sensors exceed what was agreed. Number of messages, and reasons:",
            "These messages were counted, and passed on all the same.",
            "The host watches what is used, and refuses nothing for this reason.",
            "Check the settings of these sensors. If the conditions no longer fit your needs, contact the host.",
        ),
        Matter.REPORT: Answers(
            "The problem that you reported is recorded.",
            "What your report describes.",
            "The report is passed on to the operator of the network.",
            "Keep the reference of this message, and give it with any question or further detail.",
        ),
    },
    endings={
        Ending.DOCUMENT: "the conditions of use that are in force",
        Ending.CONVENTION: "the agreement",
        Ending.RIGHT: "your right to use the network",
        Ending.CONSENT: "your consent that the host uses your data",
        Ending.SUSPENSION: "the suspension of your access",
    },
    of_group="group {group}",
    ending_over="The end has come, or was put off.",
    consent_ending=Answers(
        "What you agreed that the host may do comes to its end:",
        "Your messages are passed on as before. After this date, the host no longer uses your data.",
        "The host keeps to what you agreed.",
        "To prolong your consent, contact the host. Otherwise there is nothing to do.",
    ),
    link=LinkWords(
        states={
            "down": "network interrupted",
            "degraded": "network impaired",
            "suspended": "access suspended",
            "up": "network in service",
        },
        affected={
            "down": "The messages of your sensors do not pass through this gateway for now.",
            "degraded": "The messages of your sensors pass through this gateway, within limits.",
            "suspended": "The messages of your sensors are not passed on by this gateway for now.",
            "up": "The messages of your sensors pass through this gateway.",
            "down/radio": (
                "This gateway does not hear your sensors. Their messages only reach you where another gateway "
                "hears them."
            ),
            "down/backhaul": (
                "The messages of your sensors cannot leave this gateway for now. It keeps them as far as it can, and "
                "passes them on later; requests to join cannot wait."
            ),
            "down/network_server": (
                "The server that your messages are for does not answer this gateway, which keeps your messages as far "
                "as it can and passes them on later; requests to join cannot wait."
            ),
            "down/power": "Without electricity this gateway does not hear your sensors.",
            "down/policy": (
                "The conditions of use of the network are not valid today: the messages of your sensors are not "
                "passed on."
            ),
            "degraded/radio": "Some of the messages of your sensors may not be heard.",
            "degraded/backhaul": (
                "The messages of your sensors pass. What you are told of the state of the network may come late."
            ),
            "degraded/network_server": (
                "One server that your messages are for does not answer this gateway. The others receive your messages."
            ),
            "degraded/power": "The messages of your sensors pass, but the gateway may stop.",
            "degraded/clock": (
                "The messages of your sensors pass. The time that goes with them may be missing or wrong."
            ),
            "degraded/policy": "The messages of your sensors pass. The count of what is used may be incomplete.",
            "degraded/maintenance": (
                "Work is under way. The messages of your sensors pass; interruptions are possible."
            ),
            "suspended/policy": (
                "Your right to use the network does not apply at the moment: the messages of your sensors are not "
                "passed on."
            ),
            "suspended/maintenance": (
                "Work is under way: the messages of your sensors are not passed on by this gateway."
            ),
        },
        host={
            "": "The host watches the gateway.",
            "radio": "The gateway restarts its radio by itself. If that is not enough, somebody has to go there.",
            "backhaul": "The gateway tries without pause to restore the connection.",
            "network_server": "The gateway keeps calling the server, and goes on as soon as it answers.",
            "power": "The gateway watches its power supply and reports the fault to the operator of the network.",
            "clock": "The gateway looks for the exact time. As long as it is not sure of it, it does not give it.",
            "policy": "The host applies the agreed conditions of use.",
            "maintenance": "The host is at work, and tells you when the work is over.",
        },
        depositor={
            "": _WAIT,
            "radio": _WAIT,
            "backhaul": _WAIT,
            "network_server": f"If this server is yours, check that it works. Otherwise: {_WAIT[0].lower()}{_WAIT[1:]}",
            "power": _WAIT,
            "clock": "To date your measurements, use the time of your server or that of the sensor.",
            "policy": "If you think that this is a mistake, contact the host.",
            "maintenance": _WAIT,
        },
    ),
    over=Answers(
        "It is over.",
        "Messages that your sensors sent in that time may not have reached you.",
        "The gateway is back at work, and is still watched.",
        "Check that you hear from your sensors again. If not, report it.",
    ),
    combined=CombinedWords(
        merged="This message stands for {count} that could not reach you earlier:",
        rolled_up=(
            "Messages made into one: {count}. They could not reach you earlier, or were held back so as not to "
            "flood you."
        ),
        rolled_up_subject="messages in one ({count})",
        lost="Older messages that could not be kept for want of room: {count}.",
        item="- {reference}: {sentence} ({times})",
        latest="This is the last one in full:",
        times_in="Time zone: {timezone}.",
    ),
    time=TimeWords(
        months=(
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ),
        first_day="1",
        moment="{day} {month} {year} at {clock} ({zone})",
        short="%Y-%m-%d %H:%M",
        unknown="unknown (the gateway's clock was not sure)",
        begin="Begin: {moment}",
        planned_begin="Planned begin: {moment}",
        detected="Noticed: {moment}",
        end="End: {moment}",
        planned_end="Planned end: {moment}",
        open_end="End: not known yet",
        lasted="It lasted: {duration}",
        received="Received: {moment}",
        days="d",
    ),
    sender="{host} - LoRaWAN network, gateway {gateway}",
    questions="For any question, or to report a problem:",
    footer="Reference {incident}, message no. {number}, gateway {eui}.",
    automatic="This message is sent automatically. Answers to this address are not read.",
    means=(
        "For this network the host commits itself to the means that it employs, and not to results (article 8 of the "
        "agreement)."
    ),
    spaced={},
)
