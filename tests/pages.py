"""Looks in which a page is opened in a browser, and questions that the browser answers about it."""

LOOKS = {
    "light": {"color_scheme": "light", "width": 1280},
    "dark": {"color_scheme": "dark", "width": 1280},
    "phone": {"color_scheme": "light", "width": 390},
    "print": {"color_scheme": "dark", "width": 1280},
}
# Text that a person must read has 4.5:1 to what is behind it (WCAG 2.2, 1.4.3).
CONTRAST = """
() => {
  const light = ([r, g, b]) => {
    const part = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const found = rgb(getComputedStyle(node).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll(".hf *")) {
    const own = [...node.childNodes].some(one => one.nodeType === 3 && one.textContent.trim());
    if (!own || !node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    const ink = node instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [light(rgb(ink)), light(behind(node instanceof SVGElement ? node.closest("div") : node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const where = node.className.baseVal ?? node.className;
    if (ratio < 4.5) poor.push(`${where} ${ratio.toFixed(2)} ${node.textContent.slice(0, 30)}`);
  }
  return [...new Set(poor)];
}
"""
OUTLINE = """
() => ({
  language: document.documentElement.lang,
  title: document.title,
  headings: [...document.querySelectorAll("h1, h2, h3, h4")].map(one => Number(one.tagName[1])),
  ids: [...document.querySelectorAll("[id]")].map(one => one.id),
  targets: [...document.querySelectorAll("a[href^='#']")].map(one => one.getAttribute("href").slice(1)),
  unnamed: [...document.querySelectorAll("[role=img], [role=group]")].filter(one => !one.ariaLabel).length,
  bare: [...document.querySelectorAll("svg")].filter(one => !one.closest("[aria-hidden=true]")).length,
  nameless: [...document.querySelectorAll("a, summary")].filter(one => !one.textContent.trim()).length,
  tables: [...document.querySelectorAll("table")].filter(one => !one.caption || !one.querySelector("th[scope]")).length,
  pictures: document.querySelectorAll("[role=img]").length,
})
"""
FOREIGN = 'img:not([src^="data:image/png;base64,"])'  # the only pictures there are hold their own bytes
