"""The end of a gateway (article 11 of the convention): a closing report, then keys and stores erased."""
