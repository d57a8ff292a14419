"""How the report looks, on a screen and on A4: part of the file itself, which needs nothing from elsewhere. Pure."""

STYLE = """
:root { --ink: #1d232c; --soft: #565e6b; --line: #c9ced6; --band: #f2f5f9; --blue: #1f3d63; }
* { box-sizing: border-box; }
html { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
body { margin: 0 auto; padding: 28px 32px 40px; max-width: 900px; color: var(--ink); background: #fff;
  font: 14px/1.45 "Source Sans 3", "Segoe UI", "Liberation Sans", "Helvetica Neue", Arial, sans-serif; }
h1, h2, h3 { color: var(--blue); line-height: 1.2; break-after: avoid; }
h1 { font-size: 25px; margin: 2px 0 4px; }
h2 { font-size: 18px; margin: 30px 0 8px; padding-bottom: 4px; border-bottom: 2px solid var(--blue); }
h3 { font-size: 14.5px; margin: 18px 0 6px; }
p { margin: 6px 0; }
bdi { unicode-bidi: isolate; }
.eyebrow { color: var(--soft); font-size: 12.5px; margin: 0; }
.month { font-size: 18px; margin: 0; }
header { border-top: 6px solid var(--blue); padding-top: 14px; }
dl.parties { display: grid; grid-template-columns: max-content 1fr; gap: 3px 16px; margin: 14px 0 0; }
dl.parties dt { color: var(--soft); }
dl.parties dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
dl.parties dd.light { font-weight: 400; }
.notice { border: 1.5px solid var(--ink); border-left-width: 6px; padding: 7px 12px;
  margin: 14px 0 0; font-weight: 600; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 10px; margin: 20px 0 10px; break-inside: avoid; }
.tile { border: 1px solid var(--line); border-top: 3px solid var(--blue); background: var(--band);
  padding: 9px 12px 10px; }
.tile .name { color: var(--soft); font-size: 12.5px; margin: 0; }
.tile .value { font-size: 21px; font-weight: 700; margin: 1px 0; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
.tile .note { font-size: 12px; margin: 0; }
.means { border-left: 4px solid var(--blue); padding: 2px 0 2px 12px; margin: 12px 0; }
.note, .lead { color: var(--soft); font-size: 12.5px; }
.lead { font-size: 13px; break-after: avoid; }
figure { margin: 10px 0; break-inside: avoid; }
figcaption { color: var(--soft); font-size: 12.5px; margin-bottom: 4px; }
svg.patterns { position: absolute; }
svg.drawing { display: block; width: 100%; height: auto; }
svg.swatch { vertical-align: -1px; margin-right: 7px; flex: none; }
svg .label { font-size: 9px; fill: #2c333d; }
svg .faint { fill: #6d7480; font-size: 8px; }
svg .end { text-anchor: end; }
svg .mid { text-anchor: middle; }
svg .grid { stroke: #d4d8de; stroke-width: 0.6; }
svg .frame { fill: none; stroke: #9aa1ab; stroke-width: 0.35; }
svg .bar { stroke: #2c333d; stroke-width: 0.25; }
.legend { display: flex; flex-wrap: wrap; gap: 3px 20px; font-size: 12.5px; margin: 6px 0; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; font-size: 12.5px; }
th, td { text-align: left; vertical-align: top; padding: 4px 8px 4px 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; font-size: 11.5px; vertical-align: bottom; border-bottom-color: var(--ink); }
tbody th { color: var(--ink); font-size: 12.5px; font-weight: 400; vertical-align: top;
  border-bottom-color: var(--line); }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.tight { white-space: nowrap; }
th.number, td.number { padding-right: 14px; }
thead th.number, thead th.tight { white-space: normal; }
td p, th p { margin: 0; }
small { color: var(--soft); font-size: 11px; }
tr, .together { break-inside: avoid; }
thead { display: table-header-group; }
tr.more td { color: var(--soft); font-style: italic; }
code, pre { font-family: "DejaVu Sans Mono", "Liberation Mono", Consolas, monospace; font-size: 11px; }
pre { background: var(--band); border: 1px solid var(--line); padding: 7px 10px; margin: 6px 0;
  white-space: pre-wrap; overflow-wrap: anywhere; break-inside: avoid; }
td code { overflow-wrap: anywhere; }
@page { size: A4; margin: 15mm 14mm 17mm; }
@page { @bottom-right { content: counter(page) " / " counter(pages); font: 8pt "Liberation Sans", Arial, sans-serif; } }
@media print {
  body { padding: 0; max-width: none; font-size: 9.6pt; }
  h1 { font-size: 18pt; } h2 { font-size: 13pt; margin-top: 16pt; } h3 { font-size: 10.5pt; }
  table, .note, .lead, figcaption, .legend, .eyebrow { font-size: 8.6pt; }
  th { font-size: 8pt; } tbody th { font-size: 8.6pt; }
  .tile .value { font-size: 15pt; } .tile .name, .tile .note { font-size: 8.4pt; }
  code, pre { font-size: 7.6pt; } td code { font-size: 6.9pt; } small { font-size: 7.6pt; }
  p, li { orphans: 3; widows: 3; }
}
@media (max-width: 640px) { body { padding: 16px; } .tiles { grid-template-columns: repeat(2, 1fr); } }
"""
