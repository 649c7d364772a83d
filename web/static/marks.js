"use strict";

// Without this file whole leaves can be reported and marked. It leads the links of the selection's bar to what is selected.

document.querySelector(".reading article").addEventListener("selected", ({ detail: part }) => {
  if (!part) return;
  for (const link of document.querySelectorAll("#selected .of-selection")) {
    const url = new URL(link.href);
    url.searchParams.set("range", `${part.start}-${part.end}`);
    link.href = url;
  }
});
