/* Typing orders and results. data-add-codes="A; B" with data-to="id": add codes to a field; data-next-field on a form: Enter
   goes on to the next field, so that a panel is typed like on a number pad; the button or Ctrl+Enter sends. */
"use strict";

(() => {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-add-codes]") : null;
    const field = button && document.getElementById(button.dataset.to);
    if (!field) return;
    const split = (text) => text.split(/[;,]/).map((code) => code.trim()).filter(Boolean);
    field.value = [...new Set([...split(field.value), ...split(button.dataset.addCodes)])].join("; ") + "; ";
    field.focus();
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });

  document.addEventListener("keydown", (event) => {
    const form = event.target instanceof Element ? event.target.closest("[data-next-field]") : null;
    if (!form || event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (!event.target.matches("td input, td select")) return;
    const fields = [...form.querySelectorAll("td input, td select, textarea, footer button")];
    event.preventDefault();
    fields[fields.indexOf(event.target) + 1]?.focus();
  });
})();
