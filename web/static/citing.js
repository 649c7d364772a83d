"use strict";

// Everything works without this file. It cites what is selected in a text that is read, and copies it with its reference.

(() => {
  const read = document.querySelector(".reading article");
  const link = document.querySelector("#selected .cite-selected");
  const button = document.querySelector("#selected .copy-cited");
  if (!read || !link || !button) return;
  const standing = document.querySelector("#selected [role=status]");
  const MOST = 32, HEAD = 20; // as an address holds words: search/addresses.py
  let part = null;

  read.addEventListener("selected", ({ detail }) => {
    if (!detail) return; // what was selected stays cited: pressing a button ends the selection
    part = detail;
    const url = new URL(link.href);
    url.searchParams.set("at", part.start);
    url.searchParams.set("to", part.end);
    url.hash = "cite";
    link.href = url;
  });

  function address({ start, end, text }) {
    const words = [...text.replace(/\s+/g, "")];
    const kept = words.length > MOST ? [...words.slice(0, HEAD), "…", ...words.slice(HEAD + 1 - MOST)] : words;
    return `${button.dataset.place}@${start}+${end - start}:${kept.join("")}`;
  }

  async function quoted() {
    const answer = await fetch(`${button.dataset.url}?${new URLSearchParams({ address: address(part) })}`);
    if (!answer.ok) throw new Error(answer.statusText);
    const { words, reference } = await answer.json();
    return `“${words}”\n${reference}`;
  }

  // Where the page has no clipboard of its own (it came by http), by way of a field.
  function copyByField(text) {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) throw new Error("not copied");
  }

  // A browser that wants the press of a button for its clipboard is given a promise at once.
  async function copy() {
    if (!navigator.clipboard?.write) return copyByField(await quoted());
    const text = quoted();
    const blob = text.then((words) => new Blob([words], { type: "text/plain" }));
    try {
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    } catch {
      copyByField(await text);
    }
  }

  button.addEventListener("click", async () => {
    if (!part) return;
    try {
      await copy();
      standing.textContent = button.dataset.done;
    } catch {
      standing.textContent = button.dataset.failed;
    }
    standing.classList.remove("hidden"); // told to eyes, too, until something else is selected
    button.focus();
  });

  read.addEventListener("selected", () => standing.classList.add("hidden"));
})();
