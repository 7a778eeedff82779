"use strict";
// What the dashboard needs beyond htmx: keys, drafts that outlive a replaced page, and buttons that wait for a choice.
// Everything works without it.

const typing = node => node.closest("input, select, textarea, [contenteditable]") !== null;

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const wanted = [...document.querySelectorAll("[data-focus]")].find(node => node.dataset.focus === event.key);
  if (wanted) {
    event.preventDefault();
    wanted.focus();
    return;
  }
  for (const node of document.querySelectorAll("[data-key]")) {
    if (node.dataset.key === event.key && !node.disabled) {
      event.preventDefault();
      node.click();
      return;
    }
  }
});

// What a person ticked or wrote and has not sent: a list renews itself, and another form of the page may be answered.
let drafts = [];
const drafted = node => (node.type === "checkbox" || node.type === "radio" ? node.checked !== node.defaultChecked : node.value !== node.defaultValue);

document.addEventListener("htmx:beforeSwap", event => {
  const asked = event.detail.requestConfig;
  const sent = asked && asked.verb !== "get" ? asked.elt : null;
  drafts = [...event.detail.target.querySelectorAll("input[id], textarea[id]")]
    .filter(node => node.form !== sent && drafted(node))
    .map(({id, value, checked}) => ({id, value, checked}));
});

const restore = () => {
  for (const {id, value, checked} of drafts) {
    const node = document.getElementById(id);
    if (!node) continue;
    node.value = value;
    node.checked = checked;
    const folded = node.closest("details");
    if (folded) folded.open = true;
  }
  drafts = [];
};

const settle = () => {
  for (const button of document.querySelectorAll("button[data-needs]")) {
    const ticked = button.form.querySelectorAll("input[type=checkbox]:checked").length;
    button.disabled = ticked !== Number(button.dataset.needs);
  }
};
document.addEventListener("change", settle);
// Not "afterSettle", which comes 20 ms later: until then the new page's button could be pressed.
document.addEventListener("htmx:afterSwap", () => {
  restore();
  settle();
});
settle();
