"""Annexe 1 in French: titles and columns as the convention has them."""

from gateway.annex.words import AnnexWords, TableWords

FRENCH = AnnexWords(
    title="Annexe n° 1 : modalités de mise en œuvre",
    subtitle=(
        "Liste des équipements connectés, mobilier et réseaux de connectivité concernés par la présente convention"
    ),
    host_contact="Contact partie accueillante (nom, email, téléphone) :",
    depositor_contact="Contact partie déposante (nom, email, téléphone) :",
    contact_columns=("Rôle", "Nom", "E-mail", "Téléphone"),
    none_named="aucun contact n'est indiqué dans la politique",
    tables=TableWords(
        equipment="A/ Équipements connectés",
        equipment_columns=(
            "Description",
            "Adresse",
            "Propriété",
            "Énergie",
            "Resp. Maintenance",
            "Partie accueillante",
            "Partie déposante",
        ),
        furniture="B/ Mobilier et supports d'installation",
        furniture_columns=("Type", "Adresse", "Propriété", "Resp. Maintenance", "Équipement accueilli"),
        networks="C/ Réseaux de connectivité mis à disposition",
        network_columns=("Description succincte", "Contact éventuel"),
    ),
    nothing_listed="néant",
    gateway="Passerelle LoRaWAN {name}, EUI {eui}",
    network="Réseau LoRaWAN {region}, passerelle {name} (EUI {eui}), {address}",
    from_policy="Politique n° {serial}",
    host="Partie accueillante",
    depositor="Partie déposante",
    made="Établi le {moment}",
    made_unknown="Établi à une date que la passerelle ne connaît pas",
)
