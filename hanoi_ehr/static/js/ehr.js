/* Keyboard and small conveniences, all declared in HTML. Nothing here is needed to read or to save: pages work without it.
   data-key="N" | "F9" | "Ctrl+Enter" | "Alt+C"   presses this link or button, steps into this field
   data-autosubmit                                 sends its form when it changes
   data-focus                                      takes the focus when it appears (error summary)
   data-print, data-close, data-dialog="id"        print, close the toast or dialog around it, open a dialog
   data-preview                                    a link to a PDF: shows it in the page's own dialog, to look at and print
   data-quick                                      the search form: arrows walk its answers, Escape returns */
"use strict";

(() => {
  const SCAN_GAP = 60; // ms: a scanner types faster than any hand, so two keys closer than this are a scan
  const TYPED = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
  const searchBox = () => document.getElementById("tim-nhanh");
  const typing = (target) => target instanceof Element && Boolean(target.closest(TYPED));

  // ---------- shortcuts ----------

  const nameOf = (event) => {
    const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    return [event.ctrlKey || event.metaKey ? "Ctrl" : "", event.altKey ? "Alt" : "", key].filter(Boolean).join("+");
  };
  const visible = (element) => element.checkVisibility() && !element.disabled;
  const bound = (name) => {
    const scope = document.querySelector("dialog[open]") ?? document;
    return [...scope.querySelectorAll("[data-key]")].find((e) => e.dataset.key.toUpperCase() === name.toUpperCase() && visible(e));
  };

  const focusSearch = (text) => {
    const box = searchBox();
    if (!box) return false;
    if (text !== undefined) box.value = text;
    box.focus();
    if (text === undefined) box.select();
    return true;
  };

  // A single letter waits for SCAN_GAP: if another key follows at once, a scanner is typing, and the search box takes it.
  let waiting = null;
  const single = (event) => {
    if (waiting) {
      clearTimeout(waiting.timer);
      if (!document.querySelector("dialog[open]")) focusSearch(waiting.key); // this second key then falls into the box by itself
      waiting = null;
      return;
    }
    const key = event.key;
    const press = () => { waiting = null; bound(key)?.click(); };
    waiting = { key, timer: setTimeout(press, SCAN_GAP) };
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (plain && event.key.length === 1) {
      if (typing(event.target)) return;
      if (event.key === "/") { if (focusSearch()) event.preventDefault(); return; }
      if (event.key !== " ") single(event);
      return;
    }
    const element = event.key.length === 1 || !plain || /^F\d+$/.test(event.key) ? bound(nameOf(event)) : null;
    if (!element) return;
    event.preventDefault();
    if (typing(element)) element.focus(); else element.click();
  });

  // ---------- answers of the search box ----------

  const walk = (form, from, step) => {
    const links = [...form.querySelectorAll(".quick :is(a, button)")];
    const next = links.indexOf(from) + step;
    if (next < 0) form.querySelector("[type=search]").focus();
    else links[Math.min(next, links.length - 1)]?.focus();
  };

  document.addEventListener("keydown", (event) => {
    const form = event.target instanceof Element ? event.target.closest("[data-quick]") : null;
    if (!form) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      walk(form, document.activeElement, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      const box = form.querySelector("[type=search]");
      form.querySelector(".quick").replaceChildren();
      box.dataset.closed = "";
      box.focus();
    }
  });
  // The empty box shows who was opened last, until Escape closes it or something is typed.
  document.addEventListener("focusin", (event) => {
    const box = event.target.closest?.("[data-quick] [type=search]");
    if (!box) return;
    if (!box.value && !("closed" in box.dataset)) box.dispatchEvent(new Event("recent"));
    delete box.dataset.closed;
  });

  // ---------- clicks, changes, focus ----------

  const acts = {
    print: () => window.print(),
    close: (element) => (element.closest("dialog") ? element.closest("dialog").close() : element.closest("[data-toast]")?.remove()),
    dialog: (element) => document.getElementById(element.dataset.dialog)?.showModal(),
  };
  document.addEventListener("click", (event) => {
    for (const [name, act] of Object.entries(acts)) {
      const element = event.target instanceof Element ? event.target.closest(`[data-${name}]`) : null;
      if (element) act(element);
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit();
  });

  // ---------- printed forms, seen before they are printed ----------

  // Browsers without a viewer of their own (most phones) follow the link: the device's reader takes over.
  const preview = (link) => {
    const dialog = document.getElementById("xem-truoc");
    if (!dialog || dialog.open || !navigator.pdfViewerEnabled) return false;
    const name = link.dataset.preview || link.textContent.trim().replace(/\s+/g, " ");
    const frame = document.createElement("iframe");
    frame.title = name;
    frame.src = link.href;
    dialog.querySelector("h2").textContent = name;
    dialog.querySelector("[data-preview-open]").href = link.href;
    dialog.append(frame);
    // The frame goes with the dialog: nothing of a person stays behind, and the next form begins empty.
    dialog.addEventListener("close", () => { frame.remove(); link.focus(); }, { once: true });
    dialog.showModal();
    dialog.querySelector("[data-preview-print]").focus();
    return true;
  };
  const printPreview = (dialog) => {
    try {
      const inside = dialog.querySelector("iframe").contentWindow;
      inside.focus();
      inside.print();
    } catch {
      dialog.querySelector("[data-preview-open]").click(); // a viewer that lets nobody in prints from its own tab
    }
  };
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || !(event.target instanceof Element)) return;
    const link = event.target.closest("a[data-preview]");
    const changed = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (link && !changed && preview(link)) event.preventDefault();
    if (event.target.closest("[data-preview-print]")) printPreview(event.target.closest("dialog"));
  });

  const arrive = (root) => {
    if (!root.closest?.("[data-gallery]") && !document.querySelector("[data-gallery]")) root.querySelector("[data-focus]")?.focus();
    for (const toast of root.querySelectorAll("[data-fade]")) setTimeout(() => toast.remove(), 8000);
  };
  document.addEventListener("DOMContentLoaded", () => arrive(document));
  document.addEventListener("htmx:load", (event) => arrive(event.detail.elt));
})();
