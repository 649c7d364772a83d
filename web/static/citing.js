"use strict";

// Everything works without this file. It cites what is selected in a text that is read.

(() => {
  const read = document.querySelector(".reading article");
  const link = document.querySelector("#selected .cite-selected");

  read?.addEventListener("selected", ({ detail: part }) => {
    if (!part || !link) return;
    const url = new URL(link.href);
    url.searchParams.set("at", part.start);
    url.searchParams.set("to", part.end);
    url.hash = "cite";
    link.href = url;
  });
})();
