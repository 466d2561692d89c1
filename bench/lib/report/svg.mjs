// The frame of the charts.

const STYLE = `
  svg { color-scheme: light dark; }
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
  .head, .strong { font-weight: 600; }
  .head { font-size: 13px; }
  .note { font-weight: 400; font-size: 11px; fill: #59636e; }
  .ours { fill: #0969da; } .peer { fill: #9aa4af; } .limit { fill: #d4a72c; }
  .line { fill: none; stroke: #0969da; stroke-width: 1.5; } .grid { stroke: #d1d9e0; stroke-width: 1; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note { fill: #9198a1; }
    .ours { fill: #4493f8; } .peer { fill: #656c76; } .limit { fill: #bb8009; }
    .line { stroke: #4493f8; } .grid { stroke: #3d444d; }
  }
`;

export const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export function document({ width, height, title, description, body }) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="desc">${escaped(description)}</desc>`,
    `<style>${STYLE}</style>`,
    ...body,
    '</svg>',
    '',
  ].join('\n');
}
