/* Amounts are typed over: whoever comes into an amount replaces it. Without this script the page works the same. */
"use strict";

document.addEventListener("focusin", (event) => {
  if (event.target instanceof HTMLInputElement && event.target.closest(".doses")) event.target.select();
});
