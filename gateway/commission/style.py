"""What the commissioning sheet adds to the common style. Pure."""

from gateway.annex.page import STYLE as ANNEX_STYLE

STYLE = (
    ANNEX_STYLE
    + """
body, td, th { overflow-wrap: anywhere; }
.headline { display: grid; grid-template-columns: 1fr auto; gap: 20px; }
.headline figure { margin: 0; text-align: center; width: 33mm; }
svg.qr { display: block; width: 33mm; height: 33mm; border: 1px solid var(--line); }
.headline figcaption { font-size: 11px; margin: 3px 0 0; line-height: 1.25; }
.headline figcaption code { display: block; color: var(--ink); font-size: 11.5px; font-weight: 700; }
.conclusion { border: 1.5px solid var(--ink); border-left-width: 8px; padding: 7px 12px; margin: 14px 0 0; }
.conclusion p { margin: 0; }
.conclusion strong { font-size: 15px; }
.state { white-space: nowrap; font-weight: 600; }
.state svg { width: 11px; height: 11px; vertical-align: -1px; margin-right: 5px; }
table.facts th { width: 32%; color: var(--soft); border-bottom-color: var(--line); }
.signatures { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; break-inside: avoid; }
.signatures div { border: 1px solid var(--ink); padding: 8px 10px; min-height: 56mm; }
.signatures p { margin: 0 0 9px; }
.reservations { border: 1px solid var(--ink); padding: 8px 10px; min-height: 22mm; margin-top: 12px;
  break-inside: avoid; }
"""
)
