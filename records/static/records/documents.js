/* Upload with its progress. Without this script the form is sent as any other. */
"use strict";

(() => {
  const SHOWN_FROM = 0.5; // MB: smaller files are there before an eye could follow
  const upload = (event) => {
    const form = event.target instanceof Element ? event.target.closest("form[data-upload]") : null;
    return form && { form, box: form.querySelector("[data-progress]"), failed: form.querySelector("[data-failed]") };
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    const found = upload(event);
    if (!found) return;
    const size = found.form.querySelector("[type=file]").files[0]?.size ?? 0;
    found.failed.hidden = true;
    found.box.hidden = size < SHOWN_FROM * 1024 * 1024;
  });
  document.addEventListener("htmx:xhr:progress", (event) => {
    const found = upload(event);
    if (!found || !event.detail.lengthComputable) return;
    const percent = Math.floor((100 * event.detail.loaded) / event.detail.total);
    const after = found.box.querySelector("[data-after]");
    found.box.querySelector("progress").value = percent;
    found.box.querySelector("[data-percent]").textContent = `${percent} %`;
    after.textContent = percent === 100 ? after.dataset.after : "";
  });
  // A refused file comes back as the form with its errors (422, 409): it is shown like any answer.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (upload(event) && [409, 422].includes(event.detail.xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  const broken = (event) => {
    const found = upload(event);
    if (!found) return;
    found.box.hidden = true;
    found.failed.hidden = false;
  };
  document.addEventListener("htmx:sendError", broken);
  document.addEventListener("htmx:responseError", broken);
})();
