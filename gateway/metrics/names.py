"""Every metric: its name by Prometheus' conventions, its kind and its meaning. docs/metrics.md lists them. Pure."""

from gateway.metrics.exposition import Kind

METRICS: dict[str, tuple[Kind, str]] = {
    "candelabre_info": ("gauge", "Always 1; the labels say which gateway and which version this is."),
    "candelabre_uptime_seconds": ("gauge", "How long the daemon has been at work."),
    "candelabre_event_loop_lag_seconds": ("gauge", "The worst delay of the event loop in the last minute."),
    "candelabre_stuck_parts": ("gauge", "Parts of the program that make no progress, for which it will be restarted."),
    # The radio.
    "candelabre_radio_up": ("gauge", "1 while the concentrator is at work."),
    "candelabre_radio_starts_total": ("counter", "Starts of the concentrator since the daemon's start."),
    "candelabre_radio_silence_seconds": ("gauge", "How long ago the last packet was heard, damaged ones included."),
    "candelabre_radio_usual_silence_seconds": ("gauge", "The longest silence of a usual day at this site."),
    "candelabre_radio_repair": ("gauge", "1 while the radio is being mended."),
    "candelabre_radio_faults": ("gauge", "What the receiver met that it should not have, since the radio's start."),
    "candelabre_board_temperature_celsius": ("gauge", "Temperature on the concentrator board."),
    # Packets.
    "candelabre_packets_received_total": ("counter", "Packets heard, by their checksum: ok, or not."),
    "candelabre_uplinks_refused_total": ("counter", "Packets that the host's policy kept from being forwarded."),
    "candelabre_uplinks_total": (
        "counter",
        "Uplinks that the policy judged, by depositor (empty: nobody's), outcome and fate.",
    ),
    "candelabre_downlinks_requested_total": ("counter", "Requests to transmit."),
    "candelabre_downlinks_rejected_total": ("counter", "Requests to transmit that were not accepted, by reason."),
    "candelabre_downlinks_emitted_total": ("counter", "Downlinks seen on the air."),
    "candelabre_beacons_emitted_total": ("counter", "Class B beacons seen on the air."),
    # Servers.
    "candelabre_server_connected": ("gauge", "1 while the network server is in contact."),
    "candelabre_server_answer_age_seconds": ("gauge", "How long ago the network server answered last."),
    "candelabre_server_uplinks_sent_total": ("counter", "Uplinks sent to the network server."),
    "candelabre_server_uplinks_acknowledged_total": ("counter", "Uplinks that the network server confirmed."),
    "candelabre_server_uplinks_dropped_total": ("counter", "Uplinks that were to go to the server and never did."),
    "candelabre_route_active": ("gauge", "1 for the server of a route that is in use, 0 for the others."),
    # What waits.
    "candelabre_store_waiting_uplinks": ("gauge", "Uplinks on the disk that wait for a server."),
    "candelabre_store_used_ratio": ("gauge", "How full the outage store is, from 0 to 1."),
    "candelabre_store_given_up_total": ("counter", "Uplinks that were given up."),
    # The broker, depositors, incidents.
    "candelabre_broker_connected": ("gauge", "1 while the broker is connected."),
    "candelabre_broker_waiting_messages": ("gauge", "Messages that wait for the broker."),
    "candelabre_links": ("gauge", "Depositors' links, by their state."),
    "candelabre_incidents_open": ("gauge", "Open incidents of each depositor."),
    "candelabre_maintenance": ("gauge", "1 while announced work is under way."),
    # Policy, time, host.
    "candelabre_policy_in_force": ("gauge", "1 while a policy is in force."),
    "candelabre_policy_serial": ("gauge", "The serial of the policy in force."),
    "candelabre_policy_end_timestamp_seconds": ("gauge", "When the policy in force ends, in Unix time."),
    "candelabre_clock_synchronised": ("gauge", "1 while the time may go into messages."),
    "candelabre_gnss_time_known": ("gauge", "1 while the GNSS receiver's time is in use."),
    "candelabre_gnss_agreement_age_seconds": ("gauge", "How long ago the receiver last agreed with a pulse (PPS)."),
    "candelabre_disk_free_ratio": ("gauge", "Free space where the state is kept, from 0 to 1."),
    "candelabre_disk_writable": ("gauge", "1 while the state can be written."),
    "candelabre_undervoltage": ("gauge", "1 while the supply is too weak."),
}
