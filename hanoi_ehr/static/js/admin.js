/* Names for the parts of the admin that its libraries leave nameless to screen readers. */
"use strict";

(() => {
  // select2 draws its own box beside the field: it takes the name of the field's label.
  const nameSelects = (root) => {
    for (const box of root.querySelectorAll(".select2-selection:not([aria-label])")) {
      const select = box.closest(".select2-container")?.previousElementSibling;
      const words = select?.labels?.[0]?.textContent.replace("*", "").trim();
      if (words) {
        box.setAttribute("aria-label", words);
        box.querySelector("[role=textbox]")?.setAttribute("aria-label", words);
      }
    }
  };

  // simplebar calls every scrolling part "scrollable content"; landmarks need names of their own.
  const nameScrollers = (root) => {
    root.querySelectorAll(".simplebar-content-wrapper[role=region]").forEach((part, index) => {
      const near = part.closest("[id]")?.id ?? "";
      part.setAttribute("aria-label", near.startsWith("nav-sidebar") ? "Danh mục quản trị" : `Nội dung cuộn ${index + 1}`);
    });
  };

  const name = () => { nameSelects(document); nameScrollers(document); };
  window.addEventListener("load", () => setTimeout(name, 0)); // after the libraries have drawn their boxes
  document.addEventListener("formset:added", () => setTimeout(name, 0));
})();
