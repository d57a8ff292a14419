"""A gateway's end in French, for an officer of a town hall as well as for the maintainer."""

from gateway.decommission.closing import NoEvidence
from gateway.decommission.stores import Store
from gateway.decommission.words import ReportWords, TerminalWords, Wording, with_no_breaks
from gateway.notices.french import FRENCH as NOTICES

_FRENCH = Wording(
    report=ReportWords(
        title="RAPPORT DE CLÔTURE D'UNE PASSERELLE LORAWAN",
        article="Article 11 de la convention : désinstallation des équipements et des réseaux",
        gateway="Passerelle : {eui}",
        name="Nom : {name}",
        made="Établi le : {moment} (UTC)",
        made_unknown="Établi à une date que la passerelle ne connaît pas",
        version="Programme : candelabre {version}",
        work="CE QU'ELLE A FAIT POUR CHAQUE PARTIE DÉPOSANTE",
        no_work="Aucun trafic de partie déposante n'a été compté sur cette passerelle.",
        depositor="{depositor}",
        months="de {first} à {last} ; équipements : {devices}",
        traffic="messages entendus : {heard}, transmis : {forwarded}, refusés par la politique : {refused}",
        lost="perdus : {lost}, aucun serveur de réseau ne les ayant pris à temps",
        airtime="temps d'antenne : {airtime} s",
        evidence_file="preuves : {file}",
        no_evidence_file={
            NoEvidence.NOTHING_LOGGED: "pas de preuves : rien n'a été consigné",
            NoEvidence.DAMAGED: "pas de preuves en un seul fichier : le disque a endommagé le journal",
        },
        evidence="LES PREUVES",
        no_evidence="Cette passerelle n'a pas conservé de preuves, ou sa clé avait déjà disparu.",
        entries="{entries} entrées, du {begins} au {ends}",
        head="Dernière tête, à comparer à celles que les parties déposantes ont gardées :",
        key="Clé publique {key_id} : gateway.pub.pem, à côté de ce rapport. La clé privée est effacée.",
        not_proven="Non prouvé, le disque l'ayant perdu : entrées {first} à {last}",
        verify="candelabre evidence verify FICHIER --key gateway.pub.pem",
        kept="CE QUI ÉTAIT CONSERVÉ",
        nothing_kept="Rien.",
        stores={
            Store.GATEWAY_KEY: "la clé privée de la passerelle",
            Store.CUPS: "les identifiants remis par un serveur (CUPS)",
            Store.SITE: "le site : adresse, personnes responsables",
            Store.REPORTS: "les signalements des parties déposantes",
            Store.NOTICES: "les avis, avec les adresses des contacts",
            Store.OUTAGE: "les messages qui attendaient un serveur",
            Store.BINDINGS: "l'adresse radio de chaque équipement",
            Store.ACCOUNTS: "les comptes des parties et des équipements",
            Store.MONTHS: "les décomptes mensuels",
            Store.LINKS: "les liaisons et les incidents",
            Store.EVIDENCE: "les preuves",
            Store.POLICY: "les politiques de la partie accueillante",
            Store.TRACES: "les notes du service lui-même",
            Store.FIRMWARE: "le micrologiciel du concentrateur",
        },
        store_line="{what} ({size} ko)",
        secrets="les secrets que désigne la configuration :",
        waiting="Messages qui attendaient encore un serveur de réseau, et qui ont été abandonnés : {count}.",
        erased="Tout cela est effacé : {moment} (UTC).",
        erased_unknown="Tout cela est effacé.",
        not_over="L'EFFACEMENT N'EST PAS TERMINÉ. Relancer : sudo candelabre decommission",
        not_erased="NON EFFACÉ, alors que cela devrait l'être :",
        left="LAISSÉ EN PLACE, car d'autres en ont peut-être besoin :",
        left_configuration="la configuration : sudo apt purge candelabre l'efface",
        flash=(
            (
                "Effacer retire le nom des fichiers. Sur une carte SD, ou toute autre mémoire flash, des copies de "
                "leur contenu peuvent rester dans des cellules qu'aucun programme n'atteint, réécrites ou non. "
                "« sudo fstrim -av » demande à la carte de les vider ; aucune carte n'y est tenue. Pour en être sûr, "
                "il faut détruire la carte, ou avoir gardé le répertoire d'état sur une partition chiffrée dont la clé "
                "est maintenant détruite."
            ),
            (
                "La clé privée étant effacée, plus personne ne peut signer au nom de cette passerelle, pourvu que "
                "nul ne l'ait copiée auparavant."
            ),
        ),
        next="CE QUI RESTE À FAIRE",
        next_steps=(
            "sudo apt purge candelabre, ou retirer la carte",
            (
                "retirer la passerelle {eui} de chaque serveur de réseau et courtier MQTT, et révoquer ses certificats "
                "et ses mots de passe"
            ),
            "la rayer de l'annexe 1, et convenir par écrit du démontage de ce que porte le candélabre (article 11)",
            "remettre à chaque partie déposante son fichier de preuves, gateway.pub.pem et ce rapport",
        ),
    ),
    terminal=TerminalWords(
        nothing="{state_dir} : rien n'y est conservé, il n'y a donc rien à effacer.",
        runs="La passerelle est en service. L'arrêter d'abord : sudo systemctl disable --now candelabre",
        not_permitted="{path} : lecture refusée : lancer cette commande avec sudo.",
        waiting=(
            "Messages qui attendent encore un serveur de réseau sur le disque : {count}. Laisser tourner la passerelle "
            "jusqu'à ce qu'ils soient livrés (candelabre status), ou les abandonner : --give-up-waiting"
        ),
        will_erase="Voici ce qui sera effacé définitivement :",
        report_in="Le rapport de clôture sera écrit dans {directory}",
        type_word="Pour effacer tout cela, taper {word} : ",
        wrong_word="Ce n'est pas {word} : rien n'a été effacé.",
        no_terminal="Il n'y a personne à qui poser la question : ajouter --yes {word}. Rien n'a été effacé.",
        goes_on="L'effacement de {word} avait été commencé, et reprend. Son rapport est dans {directory}",
        report_gone="{directory} : le rapport de clôture n'y est pas. Brancher ou monter le support où il a été écrit.",
        report_inside="{directory} : dans le répertoire d'état, qui est effacé : donner un autre endroit avec --report",
        cannot_write="{path} : écriture impossible : {reason}. Rien n'a été effacé.",
        cannot_read="{path} : lecture impossible : {reason}. Rien n'a été effacé.",
        cannot_end="{path} : {reason}. L'effacement n'est pas terminé : y remédier, puis relancer cette commande.",
        done="Terminé. Rapport de clôture : {path}",
        not_all="Tout n'a pas pu être effacé : voir {path}. Corriger ce qui y est dit, puis relancer cette commande.",
    ),
)

_SPACED = {**NOTICES.spaced, "« ": "«\N{NO-BREAK SPACE}", " »": "\N{NO-BREAK SPACE}»"}
FRENCH = with_no_breaks(_FRENCH, _SPACED)
