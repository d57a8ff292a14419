"""A gateway's end in English."""

from gateway.decommission.closing import NoEvidence
from gateway.decommission.stores import Store
from gateway.decommission.words import ReportWords, TerminalWords, Wording

ENGLISH = Wording(
    report=ReportWords(
        title="CLOSING REPORT OF A LORAWAN GATEWAY",
        article="Article 11 of the convention: removal of networks and equipment",
        gateway="Gateway: {eui}",
        name="Name: {name}",
        made="Drawn up: {moment} (UTC)",
        made_unknown="Drawn up at a date that the gateway does not know",
        version="Program: candelabre {version}",
        work="WHAT IT DID FOR EACH DEPOSITOR",
        no_work="No depositor's traffic was counted on this gateway.",
        depositor="{depositor}",
        months="{first} to {last}; {devices} devices",
        traffic="{heard} packets heard, {forwarded} forwarded, {refused} refused by the policy",
        lost="{lost} lost: no network server took them in time",
        airtime="{airtime} s of airtime",
        evidence_file="evidence: {file}",
        no_evidence_file={
            NoEvidence.NOTHING_LOGGED: "no evidence: nothing was logged",
            NoEvidence.DAMAGED: "no evidence in one file: the disk has damaged the log",
        },
        evidence="THE EVIDENCE",
        no_evidence="This gateway kept no evidence, or its key was gone already.",
        entries="{entries} entries, from {begins} to {ends}",
        head="Last head, to be compared with those that depositors have kept:",
        key="Public key {key_id}: gateway.pub.pem, beside this report. The private key is erased.",
        not_proven="Not proven, since the disk has lost it: entries {first} to {last}",
        verify="candelabre evidence verify FILE --key gateway.pub.pem",
        kept="WHAT WAS KEPT",
        nothing_kept="Nothing.",
        stores={
            Store.GATEWAY_KEY: "the gateway's private key",
            Store.CUPS: "credentials that a server handed out (CUPS)",
            Store.SITE: "the site: address, persons responsible",
            Store.REPORTS: "depositors' reports",
            Store.NOTICES: "notices, with contacts' addresses",
            Store.OUTAGE: "uplinks that waited for a server",
            Store.BINDINGS: "which address each device used",
            Store.ACCOUNTS: "depositors' and devices' accounts",
            Store.MONTHS: "monthly counts",
            Store.LINKS: "links and incidents",
            Store.EVIDENCE: "evidence",
            Store.POLICY: "the host's policies",
            Store.TRACES: "the service's own notes",
            Store.FIRMWARE: "the concentrator's firmware",
        },
        store_line="{what} ({size} kB)",
        secrets="secrets that the configuration names:",
        waiting="{count} uplinks still waited for a network server, and were given up.",
        erased="All of it is erased: {moment} (UTC).",
        erased_unknown="All of it is erased.",
        not_over="THE ERASURE IS NOT FINISHED. Run again: sudo candelabre decommission",
        not_erased="NOT ERASED, although it should be:",
        left="LEFT, since this gateway cannot know whether others need it:",
        left_configuration="the configuration: sudo apt purge candelabre erases it",
        flash=(
            (
                "Erasing takes the names of files away. On an SD card, or other flash memory, copies of what they held "
                'may remain in cells that no program reaches, written over or not. "sudo fstrim -av" asks the card to '
                "clear them; no card has to. Whoever must be sure destroys the card, or has kept the state directory "
                "on an encrypted partition whose key is now destroyed."
            ),
            "Since the private key is erased, nobody can sign in this gateway's name, if nobody has copied it before.",
        ),
        next="WHAT REMAINS TO BE DONE",
        next_steps=(
            "sudo apt purge candelabre, or take the card out",
            "remove the gateway {eui} from each network server and broker, and revoke its certificates and passwords",
            "strike it out in annexe 1, and agree in writing on the removal of what the lamp post carries (article 11)",
            "hand each depositor its file of evidence, gateway.pub.pem, and this report",
        ),
    ),
    terminal=TerminalWords(
        nothing="{state_dir}: nothing is kept there, so there is nothing to erase.",
        runs="The gateway is at work. Stop it first: sudo systemctl disable --now candelabre",
        not_permitted="{path}: may not be read: run this command with sudo.",
        waiting=(
            "{count} uplinks still wait on the disk for a network server. Let the gateway run until they are delivered "
            "(candelabre status), or give them up: --give-up-waiting"
        ),
        will_erase="This will be erased for good:",
        report_in="The closing report goes to {directory}",
        type_word="To erase all this, type {word}: ",
        wrong_word="That is not {word}: nothing was erased.",
        no_terminal="Nobody is there to be asked: say --yes {word}. Nothing was erased.",
        goes_on="The erasure of {word} was begun earlier, and goes on. Its report is in {directory}",
        report_gone="{directory}: the closing report is not there. Plug in or mount what it was written to.",
        report_inside="{directory}: lies in the state directory, which is erased: give another place with --report",
        cannot_write="{path}: cannot be written: {reason}. Nothing was erased.",
        cannot_read="{path}: cannot be read: {reason}. Nothing was erased.",
        cannot_end="{path}: {reason}. The erasure is not finished: mend that, and run this command again.",
        done="Done. Closing report: {path}",
        not_all="Not all could be erased: see {path}. Mend what is said there, and run this command again.",
    ),
)
