/* The desk's first field holds the usual words, selected: typing replaces them. */
"use strict";

for (const field of document.querySelectorAll("[data-select]")) if (field === document.activeElement || field.autofocus) field.select();
