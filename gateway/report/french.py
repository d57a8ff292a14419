"""The report in French, for an officer of a town hall: no jargon, and no promise of results (article 8)."""

from gateway.link.state import Cause, Detail
from gateway.notices.french import FRENCH as NOTICES
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

FRENCH = ReportWords(
    cover=CoverWords(
        title="Rapport mensuel du réseau LoRaWAN",
        article="Article 8 de la convention : information de la partie déposante",
        host="Partie accueillante",
        depositor="Partie déposante",
        convention="Convention",
        gateway="Passerelle",
        made="Établi le {moment}",
        made_unknown="Établi à une date que la passerelle ne connaît pas",
        times_in="Fuseau horaire : {timezone}. Du 1er à 0 h au dernier jour du mois à 24 h.",
        not_over="Le mois n'est pas terminé : ce rapport est provisoire.",
        brief="En bref",
        up_share="Liaison en service",
        up_note="du temps connu",
        up_unknown="aucun temps connu",
        incidents="Incidents et interventions",
        incidents_open="dont {count} en cours à la fin du mois",
        incidents_closed="aucun en cours à la fin du mois",
        forwarded="Messages transmis",
        forwarded_note="sur {heard} entendus",
        told="Délai d'information",
        told_note="valeur médiane, par {channel}",
        nothing_told="aucun avis envoyé",
        means=(
            "Ce rapport dit ce que la partie accueillante a fait et ce que la passerelle a constaté. Il ne promet "
            "aucun résultat : l'article 8 engage sur une mobilisation de moyens et non de résultats."
        ),
    ),
    availability=AvailabilityWords(
        title="Disponibilité de votre liaison",
        lead="Chaque colonne est un jour, de 0 h en haut à 24 h en bas.",
        chart="État de la liaison, heure par heure, pour chaque jour du mois",
        status="État",
        duration="Durée",
        share="Part du temps connu",
        statuses={
            Status.UP: "En service",
            Status.DEGRADED: "Perturbée",
            Status.DOWN: "Interrompue",
            Status.SUSPENDED: "Suspendue",
            Status.GATEWAY_OFF: "Passerelle arrêtée",
            Status.UNKNOWN: "Non connu",
        },
        explained={
            Status.UP: "vos messages passent, pour ce que la passerelle en voit",
            Status.DEGRADED: "vos messages passent, mais quelque chose ne va pas",
            Status.DOWN: "vos messages ne passent pas",
            Status.SUSPENDED: "intervention annoncée, ou droit d'usage suspendu ou terminé",
            Status.GATEWAY_OFF: "coupure de courant, arrêt ou redémarrage",
            Status.UNKNOWN: "aucune trace certaine de ce temps",
        },
        not_counted="non compté",
        rules=(
            (
                "Chaque état compte depuis son vrai début, même si la passerelle ne l'a constaté qu'ensuite. Les parts "
                "se rapportent au temps connu ; la somme des durées est celle du mois."
            ),
            (
                "Le dessin indique, pour chaque tranche de dix minutes, l'état le plus grave. La liaison est celle de "
                "cette passerelle : une autre a pu entendre vos équipements."
            ),
        ),
    ),
    incidents=IncidentWords(
        title="Incidents et interventions",
        none="Aucun incident n'a été constaté ce mois-ci, et aucune intervention annoncée.",
        what="Incident",
        begin="Début",
        detected="Constaté après",
        end="Fin",
        lasted="Durée",
        told="Informé après le constat, par",
        still_open="en cours",
        undated="non daté (horloge incertaine)",
        cause="Cause : {cause}.",
        reason="Motif indiqué :",
        flapping="Survenu {times} fois, compté comme un seul incident.",
        count_of="{count} : {reason}",
        reference="Réf. {id}",
        by_channel="{channel} : {delay}",
        accepted_undated="{channel} : accepté, sans heure certaine",
        not_told="aucun avis accepté par un canal",
        not_accepted="{channel} : non remis",
        delays_title="Délais",
        delays_lead=(
            "Le constat va du vrai début d'un incident imprévu au moment où la passerelle s'en est aperçue ; après un "
            "arrêt, elle ne le peut qu'à son redémarrage. L'information va du constat au moment où le canal a accepté "
            "le premier avis."
        ),
        delay_of="Étape",
        delay_count="Incidents",
        median="Valeur médiane",
        worst="Le plus long",
        detection="Constat par la passerelle",
        channels={"e-mail": "courriel", "webhook": "webhook", "mqtt": "MQTT"},
        causes={
            Cause.RADIO: "radio de la passerelle",
            Cause.BACKHAUL: "connexion de la passerelle à Internet",
            Cause.NETWORK_SERVER: "serveur de réseau",
            Cause.POWER: "alimentation électrique",
            Cause.CLOCK: "heure de la passerelle",
            Cause.POLICY: "conditions d'utilisation",
            Cause.MAINTENANCE: "intervention annoncée",
        },
        details={
            Detail.RIGHT_ENDED: "Le droit d'utiliser le réseau avait pris fin.",
            Detail.RIGHT_NOT_BEGUN: "Le droit d'utiliser le réseau n'avait pas commencé.",
            Detail.RIGHT_SUSPENDED: "La partie accueillante avait suspendu l'accès au réseau.",
            Detail.MAINTENANCE_INTERRUPTS: "L'intervention annoncée interrompait la liaison.",
            Detail.RADIO_LOST: "La radio de la passerelle ne fonctionnait plus.",
            Detail.ALL_UNREACHABLE: "La passerelle n'avait plus de connexion vers l'extérieur.",
            Detail.SERVERS_SILENT: "Le serveur auquel vos messages sont destinés ne répondait plus.",
            Detail.NO_POLICY: "Aucune condition d'utilisation valable n'était en vigueur.",
            Detail.MAINTENANCE: "L'intervention annoncée était en cours, la liaison fonctionnait.",
            Detail.SOME_SERVERS_SILENT: "Un des serveurs auxquels vos messages sont destinés ne répondait plus.",
            Detail.RADIO_DEAF: (
                "La passerelle n'entendait plus aucun capteur depuis un temps inhabituel ; elle remettait sa radio en "
                "marche."
            ),
            Detail.RADIO_SILENT: "La passerelle n'entendait plus aucun capteur depuis un temps inhabituel.",
            Detail.UNDERVOLTAGE: "L'alimentation électrique de la passerelle était trop faible.",
            Detail.BROKER_LOST: "La passerelle ne pouvait plus donner de nouvelles de la liaison.",
            Detail.TOO_HOT: "La passerelle était trop chaude.",
            Detail.RECORDS_NOT_KEPT: "La passerelle ne pouvait plus enregistrer ce qui est utilisé.",
            Detail.DISK_FULL: "La mémoire de la passerelle était presque pleine.",
            Detail.CLOCK_UNSURE: "La passerelle n'était pas sûre de l'heure.",
            Detail.WORKING: "",
        },
    ),
    traffic=TrafficWords(
        title="Messages de vos équipements",
        none="Aucun message de vos équipements n'a été compté ce mois-ci.",
        lead="Ce que la passerelle a entendu de vos équipements, et ce qu'elle en a fait.",
        sources={
            "evidence": "Source : le journal de preuves, compté heure par heure.",
            "tally": (
                "Source : le décompte du mois, par jour en temps universel (UTC), car le journal de preuves n'a rien "
                "de ce mois. Ce décompte n'est pas signé."
            ),
            "none": "",
        },
        undated="Messages entendus à des heures non datées, non compris ici : {count}.",
        chart="Messages entendus chaque jour",
        passed="transmis",
        heard="Entendus",
        forwarded="Transmis",
        lost="dont non parvenus à un serveur",
        lost_note="transmis, non parvenus à un serveur",
        refused="Non transmis",
        over_limits="Au-delà des limites, transmis tout de même",
        over_limits_note="Vos limites sont seulement observées : ces messages auraient été refusés, et sont passés.",
        reason="Motif",
        count="Messages",
        share="Part des messages entendus",
        day_title="{day} : {heard} entendus, {forwarded} transmis, {refused} non transmis, {lost} non parvenus",
    ),
    devices=DeviceWords(
        title="Vos équipements connectés",
        none="Le décompte par équipement de ce mois n'existe pas sur cette passerelle.",
        lead=(
            "D'abord les équipements dont des messages n'ont pas été transmis, puis les plus entendus. Décompte du "
            "mois en temps universel (UTC), non signé : ses totaux peuvent différer un peu de ceux qui précèdent."
        ),
        device="Équipement",
        group="Groupe",
        heard="Entendus",
        forwarded="Transmis",
        refused="Refusés",
        airtime="Temps d'antenne",
        signal="Signal moyen",
        last="Dernier message",
        left_out="Équipements trop nombreux pour être listés, non compris ici : {count}.",
    ),
    works=WorkWords(
        title="Interventions, conditions et signalements",
        no_work="Aucune intervention n'a été annoncée pour ce mois.",
        work="Intervention",
        announced="Annoncée",
        planned="Prévue",
        over="Terminée",
        not_over="fin non signalée",
        policy_title="Conditions d'utilisation",
        no_policy_change="Les conditions d'utilisation en vigueur n'ont pas changé ce mois-ci.",
        document="Document",
        policy="Document n° {serial}",
        no_policy="Aucun document valable",
        in_force_from="En vigueur depuis",
        digest="Empreinte SHA-256",
        reports_title="Vos signalements",
        no_report="Aucun signalement de votre part n'a été reçu par cette passerelle.",
        report="Signalement",
        received="Reçu",
        answered="Accusé de réception",
        not_answered="non accepté par un canal",
        from_to="du {begin} au {end}",
    ),
    evidence=EvidenceWords(
        title="Preuves et portée de ce rapport",
        lead=(
            "Tout ce qui précède, sauf le tableau des équipements, vient du journal de preuves de la passerelle : des "
            "lignes chaînées entre elles et signées, auxquelles rien ne peut être retiré sans que cela se voie. Seules "
            "vos entrées et celles qui concernent tout le monde ont été lues."
        ),
        nothing="Le journal de preuves ne contient rien qui puisse être prouvé.",
        cover="Entrées {first} à {last}, vérifiées à la lecture ; datées du {begin} au {end}.",
        complete="Aucune entrée ne manque pour ce mois.",
        removed=(
            "Les entrées {first} à {last}, antérieures au {before}, ne sont plus sur la passerelle : les plus "
            "anciennes sont effacées faute de place."
        ),
        missing="Non prouvé : entrées {first} à {last}, entre le {after} et le {before} (manquantes ou abîmées).",
        missing_end="Non prouvé : toutes les entrées à partir de la {first} (manquantes ou abîmées).",
        undated="Entrées non datées, faute d'horloge sûre : {count}. Elles ne comptent dans aucune durée.",
        unreadable="Entrées d'une forme inconnue de cette version, non prises en compte : {count}.",
        lost="Entrées qui n'ont pas pu être écrites, faute de place en mémoire : {count}.",
        verify_title="Pour vérifier",
        verify=(
            "La partie accueillante vous remet un export (première commande) et, une fois pour toutes, la clé "
            "publique de la passerelle. Sur n'importe quel ordinateur, la seconde commande vérifie l'export :"
        ),
        key="Clé publique de la passerelle : {key}",
        head_note=(
            "Ce qui suit --head est la tête du journal lors de l'établissement de ce rapport. Gardez-la : elle "
            "prouve que rien de ce qui la précède n'a été récrit depuis."
        ),
        means_title="Moyens et non résultats",
        means=(
            (
                "La partie accueillante s'engage, pour ce réseau, sur une mobilisation de moyens et non de résultats "
                "(article 8 de la convention). Ce rapport n'est ni une garantie ni un engagement de disponibilité."
            ),
            (
                "Ce que la passerelle n'a pas entendu n'y figure pas. Aucun contenu de message n'est lu ni conservé "
                "pour l'établir."
            ),
        ),
    ),
    decimal=",",
    thousands="\N{NARROW NO-BREAK SPACE}",
    percent="{number}\N{NO-BREAK SPACE}%",
    less_than="moins de {number}",
    more_than="plus de {number}",
    moment="{day} {month} {year} à {hour} h {minute}",
    short_moment="{day} {month}, {hour} h {minute}",
    short_months=(
        "janv.",
        "févr.",
        "mars",
        "avril",
        "mai",
        "juin",
        "juil.",
        "août",
        "sept.",
        "oct.",
        "nov.",
        "déc.",
    ),
    weekdays="LMMJVSD",
    unknown="non connu",
    none="aucun",
    more_rows="et {count} de plus, dans la forme JSON de ce rapport",
    page="Rapport mensuel du réseau LoRaWAN",
    spaced={**NOTICES.spaced, " »": "\N{NO-BREAK SPACE}»", "« ": "«\N{NO-BREAK SPACE}"},
)
