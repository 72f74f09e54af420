/* The list of codes under a diagnosis field (WAI-ARIA combobox): arrows walk, Enter or a click takes, Escape closes.
   htmx fills the list; without this script the field is plain text and the server says what is unknown. */
"use strict";

(() => {
  const parts = (target) => {
    const box = target instanceof Element ? target.closest("[data-suggest]") : null;
    return box && { box, input: box.querySelector("input"), list: box.querySelector("[role=listbox]"), many: box.dataset.suggest === "many" };
  };
  const options = (list) => [...list.querySelectorAll("[data-code]")];
  const close = ({ input, list }) => {
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const select = ({ input, list }, option) => {
    for (const other of options(list)) other.setAttribute("aria-selected", String(other === option));
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const take = (part, option) => {
    const { input, many } = part;
    const before = many ? input.value.split(/[;,]/).slice(0, -1).map((code) => code.trim()).filter(Boolean) : [];
    input.value = [...before, option.dataset.code].join("; ") + (many ? "; " : "");
    close(part);
    input.focus();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const walk = (event, part, all) => {
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const step = event.key === "ArrowDown" ? 1 : -1;
    event.preventDefault();
    select(part, all[(at + step + all.length) % all.length] ?? all[0]);
  };
  document.addEventListener("keydown", (event) => {
    const part = parts(event.target);
    if (!part || event.target !== part.input) return;
    const all = options(part.list);
    const chosen = all.find((option) => option.getAttribute("aria-selected") === "true");
    if (all.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) walk(event, part, all);
    else if (event.key === "Enter" && chosen && !event.ctrlKey) { event.preventDefault(); take(part, chosen); }
    else if (event.key === "Enter" && !event.ctrlKey) event.preventDefault(); // Enter in a code field never closes the visit
    else if (event.key === "Escape") close(part);
  });
  document.addEventListener("mousedown", (event) => {
    const option = event.target instanceof Element ? event.target.closest("[data-suggest] [data-code]") : null;
    if (!option) return;
    event.preventDefault(); // the field keeps the focus
    take(parts(option), option);
  });
  document.addEventListener("focusout", (event) => {
    const part = parts(event.target);
    if (part && !part.box.contains(event.relatedTarget)) close(part);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const part = parts(event.target);
    if (!part) return;
    if (document.activeElement !== part.input) close(part); // the answer came after the doctor had gone on
    else part.input.setAttribute("aria-expanded", String(options(part.list).length > 0));
  });
})();
