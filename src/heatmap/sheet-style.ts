/** The sheet's look on screen and paper. Pure. */
export const SHEET_STYLE = `
:root { color-scheme: light; font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif; }
body { margin: 0 auto; max-width: 1240px; padding: 24px; color: #1a1a22; background: #fff; }
h1 { font-size: 24px; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 28px 0 12px; }
h3 { font-size: 15px; margin: 0 0 6px; }
p { margin: 4px 0; overflow-wrap: anywhere; }
a { color: #0b4a9e; margin-right: 8px; }
.warning { border-left: 6px solid #b45309; background: #fff7e6; padding: 10px 14px; }
.photo { display: grid; grid-template-columns: minmax(0, 1fr) 360px; gap: 8px 24px; }
.photo h2 { grid-column: 1 / -1; margin-bottom: 0; }
.photo img { width: 100%; max-height: 620px; object-fit: contain; object-position: left top; }
.scenes { list-style: none; padding: 0; margin: 0 0 12px; }
.scenes li { display: flex; justify-content: space-between; border-bottom: 1px solid #ddd; }
.candidates { list-style: none; padding: 0; margin: 0; display: grid; gap: 22px 18px;
  grid-template-columns: repeat(auto-fill, minmax(264px, 1fr)); }
.candidates img, .missing { width: 100%; aspect-ratio: 1; display: block; background: #eee; }
.candidates img { image-rendering: auto; object-fit: cover; }
.candidates p { font-size: 13px; }
.missing { display: grid; place-items: center; color: #4a4a55; }
.rank { display: inline-block; min-width: 20px; padding: 0 5px; text-align: center;
  border: 4px solid; border-radius: 999px; }
.note { color: #9a3412; }
table { border-collapse: collapse; font-size: 13px; margin-top: 12px; }
th, td { text-align: left; vertical-align: top; padding: 3px 16px 3px 0;
  border-bottom: 1px solid #ddd; overflow-wrap: anywhere; }
th { white-space: nowrap; font-weight: 600; }
@media (max-width: 800px) { .photo { grid-template-columns: 1fr; } }
@media print {
  body { padding: 0; max-width: none; font-size: 11px; }
  h3 { font-size: 11px; }
  .candidates { grid-template-columns: repeat(4, 1fr); gap: 12px 10px; }
  .candidates li, tr { break-inside: avoid; }
  .photo { grid-template-columns: 3fr 2fr; }
  .photo img { max-height: 90mm; }
  .warning, .rank, .missing { print-color-adjust: exact; }
}
`
