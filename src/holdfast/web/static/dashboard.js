"use strict";
// What the dashboard needs beyond htmx: keys, and buttons that wait for a choice. Everything works without it.

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

const settle = () => {
  for (const button of document.querySelectorAll("button[data-needs]")) {
    const ticked = button.form.querySelectorAll("input[type=checkbox]:checked").length;
    button.disabled = ticked !== Number(button.dataset.needs);
  }
};
document.addEventListener("change", settle);
// Not "afterSettle", which comes 20 ms later: until then the new page's button could be pressed.
document.addEventListener("htmx:afterSwap", settle);
settle();
