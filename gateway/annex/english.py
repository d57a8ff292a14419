"""Annexe 1 in English, column by column as the French one."""

from gateway.annex.words import AnnexWords, TableWords

ENGLISH = AnnexWords(
    title="Annexe 1: terms of implementation",
    subtitle="List of the connected equipment, furniture and connectivity networks that the convention is about",
    host_contact="Contact of the host (name, e-mail, telephone):",
    depositor_contact="Contact of the depositor (name, e-mail, telephone):",
    contact_columns=("Role", "Name", "E-mail", "Telephone"),
    none_named="the policy names no contact",
    tables=TableWords(
        equipment="A/ Connected equipment",
        equipment_columns=("Description", "Address", "Owner", "Energy", "Maintained by", "Host", "Depositor"),
        furniture="B/ Furniture and supports",
        furniture_columns=("Type", "Address", "Owner", "Maintained by", "Equipment carried"),
        networks="C/ Connectivity networks made available",
        network_columns=("Short description", "Contact, if any"),
    ),
    nothing_listed="none",
    gateway="LoRaWAN gateway {name}, EUI {eui}",
    network="LoRaWAN network {region}, gateway {name} (EUI {eui}), {address}",
    from_policy="Policy number {serial}",
    host="Host",
    depositor="Depositor",
    made="Made on {moment}",
    made_unknown="Made on a date that the gateway does not know",
)
